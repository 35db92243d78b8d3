"""Metrics out of lines that a program prints anyway: `step=10 loss=0.123 acc=97%`. Pure.

Taken is `name=value` where the name is a plain identifier and the value a number that ends there. Left out are
options (`--lr=0.1`), versions, addresses and dates, and whatever stands within the parentheses of a call: a printed
model (`Dropout(p=0.1)`) and `Namespace(lr=0.1)` are full of what looks like metrics. A percent sign is dropped, the
number stays as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

STEPS: Final = ("step", "global_step", "iteration", "iter", "epoch")
"""Names that tell how far the training is; the first of them that a line has is its step. Any case."""

LONGEST: Final = 4096
"""Characters; a longer line is no line of metrics."""

DEEPEST_CALL: Final = 6
"""Calls within calls that are taken out."""

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CALL = re.compile(r"\([^()=]*\)|(?<!\w)\w+\([^()]*\)")
_PAIR = re.compile(
    r"(?<![\w.\-/=&?])([A-Za-z_][\w./]{0,63})\s?=\s?"
    r"([+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|nan|inf|infinity))"
    r"(?=%?(?:[\s;|)\]}]|,(?!\d)|\.?$|\.\s)|/\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """step: None where the line names none. values: by name, in the line's order; NaN and infinity are values."""

    step: int | None
    values: dict[str, float]


def read_line(text: str) -> Found | None:
    """The metrics in a line, or None where it has none."""
    if "=" not in text or len(text) > LONGEST:
        return None
    text = _COLOUR.sub("", text)
    for _ in range(DEEPEST_CALL if "(" in text else 0):
        text = _CALL.sub("", text)
    values: dict[str, float] = {}
    for name, number in _PAIR.findall(text):
        values.setdefault(name, float(number))
    step = _take_step(values)
    return Found(step, values) if values else None


def _take_step(values: dict[str, float]) -> int | None:
    by_name = {name.lower(): name for name in reversed(values)}
    for wanted in STEPS:
        name = by_name.get(wanted)
        if name is not None and values[name].is_integer() and abs(values[name]) < 2**53:
            return int(values.pop(name))
    return None
