"""Follows a rank's log: reads what was written since, and says when each line was.

The shim appends the rank's output to the log and, after each read, a record to an index beside it: Unix time (float64)
and the log's size then (uint64), both little-endian. Bytes that the index does not cover yet wait for their record.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Final

from tensorfleet.agent.output.linesplit import Line, LineSplit
from tensorfleet.agent.output.slices import read_slice, size_of

RECORD: Final = struct.Struct("<dQ")
AT_ONCE: Final = 4096
"""Records of the index read in one go."""


class LogTail:
    """offset: 0, or the `end` of a line that an earlier LogTail of the same log gave. Files may not exist yet."""

    def __init__(self, log: Path, index: Path, offset: int = 0) -> None:
        self._log = log
        self._index = index
        self._split = LineSplit(offset)
        self._record = -1
        self._time = 0.0
        self._offset = offset

    @property
    def offset(self) -> int:
        """Where another LogTail has to start to give exactly the lines this one has not given yet."""
        return self._offset

    @property
    def waiting(self) -> int:
        """Bytes of the log that were not read yet."""
        return max(0, size_of(self._log) - self._split.at)

    def read(self, limit: int = 256 * 1024) -> list[Line]:
        """The lines that came, out of at most `limit` bytes. Raises OSError where the disk fails."""
        lines: list[Line] = []
        while limit > 0:
            records = self._records()
            if not records:
                break
            before = self._split.at
            wanted = max(0, min(limit, records[-1][1] - before))
            data = read_slice(self._log, before, wanted)
            for time, end in records:
                at = self._split.at
                self._time = time if math.isfinite(time) else self._time
                lines += self._split.feed(data[at - before : end - before], self._time)
                if self._split.at < end:
                    break
                self._record += 1
            limit -= len(data)
            if len(data) < wanted:
                break
        return self._given(lines)

    def finish(self) -> list[Line]:
        """All that is left, once the rank and its shim are gone: what the index never covered, and a torn last line.

        Such bytes take the time of the last record.
        """
        lines: list[Line] = []
        before = -1
        while before < self._split.at:
            before = self._split.at
            lines += self.read()
        while data := read_slice(self._log, self._split.at, 1024 * 1024):
            lines += self._split.feed(data, self._time)
        lines += self._split.flush()
        return self._given(lines)

    def _given(self, lines: list[Line]) -> list[Line]:
        if lines:
            self._offset = lines[-1].end
        return lines

    def _records(self) -> list[tuple[float, int]]:
        """The next records of the index, from the first one that covers a byte not read yet."""
        if self._record < 0:
            self._record = self._find()
        data = read_slice(self._index, self._record * RECORD.size, AT_ONCE * RECORD.size)
        return list(RECORD.iter_unpack(data[: len(data) - len(data) % RECORD.size]))

    def _find(self) -> int:
        """By bisection, the first record whose end lies behind where reading starts."""
        low, high = 0, size_of(self._index) // RECORD.size
        while low < high:
            middle = (low + high) // 2
            data = read_slice(self._index, middle * RECORD.size, RECORD.size)
            if len(data) == RECORD.size and RECORD.unpack(data)[1] <= self._split.at:
                low = middle + 1
            else:
                high = middle
        return low
