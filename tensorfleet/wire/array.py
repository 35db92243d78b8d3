"""The indices of a job array, as people know them from Slurm: `0-9`, `0-30:10`, `1,5,7`, `0-99%4`."""

from __future__ import annotations

import re
from typing import NamedTuple

from tensorfleet.errors import InvalidRequest

MAX_JOBS = 1000
"""Jobs in one array."""

_PART = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?")


class Indices(NamedTuple):
    """values: ascending, each once. most: how many may run at the same time, 0 for all."""

    values: tuple[int, ...]
    most: int


def parse_array(text: str) -> Indices:
    """Raises InvalidRequest."""
    parts, percent, limit = text.replace(" ", "").partition("%")
    if percent and (not limit.isascii() or not limit.isdigit() or not 0 < int(limit[:10]) < 10**9):
        raise _refusal(text, "behind the % stands how many may run at once")
    values: set[int] = set()
    for part in parts.split(","):
        found = _PART.fullmatch(part)
        if not found:
            raise _refusal(text, "it is not a list of numbers and ranges")
        first, last = int(found[1]), int(found[2] or found[1])
        step = int(found[3] or 1)
        if last < first or step == 0:
            raise _refusal(text, f"the range {part} is empty")
        if (last - first) // step >= MAX_JOBS:
            raise _refusal(text, f"it stands for more than {MAX_JOBS} jobs")
        values.update(range(first, last + 1, step))
    if len(values) > MAX_JOBS:
        raise _refusal(text, f"it stands for more than {MAX_JOBS} jobs")
    return Indices(tuple(sorted(values)), int(limit) if percent else 0)


def _refusal(text: str, why: str) -> InvalidRequest:
    return InvalidRequest(f"array: {text[:40]!r} is not understood; {why}.", "Write it like 0-9, 1,5,7 or 0-99%4.")
