"""The steps in a rank's metric file, as a rhythm: how many since the last look, and what phases it declared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tensorfleet.agent.output.slices import read_slice, size_of
from tensorfleet.agent.watch.rhythm import Rhythm

AT_ONCE = 256 * 1024
"""Bytes read at a look; a rank that writes more is alive anyway."""


class StepFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = -1
        self._last: tuple[float, int | None] | None = None

    def read_into(self, rhythm: Rhythm, now: float) -> None:
        """What was written since the last look."""
        size = size_of(self._path)
        if self._offset < 0 or size - self._offset > AT_ONCE:
            self._offset = max(0, size - AT_ONCE)
        if size <= self._offset:
            return
        data = read_slice(self._path, self._offset, AT_ONCE)
        end = data.rfind(b"\n") + 1
        self._offset += end
        steps, seconds = 0, 0.0
        for line in data[:end].splitlines():
            said = _parse(line)
            if said is None:
                continue
            if "phase" in said:
                rhythm.entered(now) if said.get("in") else rhythm.left(now)
                self._last = None
                continue
            at, step = float(said["t"]), said.get("step")
            if self._last is None:
                self._last = at, step
            elif step is None or step != self._last[1]:
                steps, seconds = steps + 1, seconds + at - self._last[0]
                self._last = at, step
        rhythm.progressed(now, steps, self._last[1] if self._last else rhythm.step, seconds)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
        float(said["t"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    step = said.get("step") if isinstance(said, dict) else 0
    return said if isinstance(said, dict) and (step is None or type(step) is int) else None
