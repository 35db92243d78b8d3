"""The file a rank's `run.log` appends to, one JSON object a line: {"t": time, "step": int or null, "m": {}}."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from tensorfleet.agent.output.slices import read_slice, size_of

AT_ONCE: Final = 256 * 1024
"""Bytes; a line that is longer than this is no line of ours and is stepped over."""


class Logged(NamedTuple):
    """What one call of `run.log` recorded. step: None where the program gave none."""

    time: float
    step: int | None
    values: dict[str, float]


class MetricFile:
    """offset: 0, or the `offset` an earlier reader of the same file stopped at."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self.offset = offset

    def read(self) -> list[Logged]:
        """What the next whole lines say, out of at most AT_ONCE bytes. Lines that are none of ours are skipped."""
        if size_of(self._path) <= self.offset:
            return []
        data = read_slice(self._path, self.offset, AT_ONCE)
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) == AT_ONCE:
            end = len(data)
        self.offset += end
        return [logged for line in data[:end].splitlines() if (logged := parse(line))]


def parse(line: bytes) -> Logged | None:
    """A line of the file, or None where it is torn, or something else."""
    try:
        said: Any = json.loads(line)
        time, step, values = float(said["t"]), said.get("step"), said["m"].items()
        if step is not None and type(step) is not int:
            return None
        numbers = {name: float(value) for name, value in values if type(value) in (int, float)}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    return Logged(time, step, numbers) if numbers else None
