"""Bytes of a rank's output into lines. Pure: the same bytes with the same times give the same lines, however they are
cut into reads, and a splitter that starts at any line's `end` gives exactly the lines that follow it.

The rules:

- A line ends at a newline. "\\r\\n" is a newline too.
- A carriage return ends a segment that the next one overwrites, as progress bars do. Only the last segment that is not
  empty becomes the line. So that a long-running bar is seen to move, of all segments whose text ended within the same
  whole second of log time the last is given as a `partial` line, once text follows in another second: at most one a
  second. What comes next replaces it.
- A segment over 64 KiB is given in pieces; all but its last are `cut`, and go on in the line that follows. No piece
  ends within a character of UTF-8.
- Bytes that are not UTF-8 become U+FFFD. Everything else, terminal colours too, stays as it is.
- A line's time is that of the byte that completed it; a partial line's is that of its last byte of text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 64 * 1024
"""Bytes of a segment that are given as one line."""

_BREAK = re.compile(rb"[\r\n]")
_NEWLINE = 0x0A


@dataclass(frozen=True, slots=True)
class Line:
    """time: Unix seconds. end: the offset right behind the line in its log, from where reading can go on.

    partial: a state of a progress bar, replaced by the line that follows. cut: goes on in the line that follows.
    """

    time: float
    end: int
    text: str
    partial: bool = False
    cut: bool = False


class LineSplit:
    """offset: where in the log the first byte that is fed stands. longest: bytes of a segment, see LONGEST."""

    def __init__(self, offset: int = 0, longest: int = LONGEST) -> None:
        self._at = offset
        self._longest = longest
        self._time = 0.0
        self._segment = bytearray()
        self._overwritten: Line | None = None

    @property
    def at(self) -> int:
        """The offset behind the last byte that was fed."""
        return self._at

    def feed(self, data: bytes, time: float) -> list[Line]:
        """The lines that `data`, written at `time` (Unix seconds), completes."""
        lines: list[Line] = []
        start = 0
        for found in _BREAK.finditer(data):
            stop = found.start()
            self._write(data[start:stop], time, lines)
            self._at += 1
            if data[stop] == _NEWLINE:
                lines.append(self._end_line(time))
            elif self._segment:
                self._overwritten = self._line(self._time, partial=True)
                self._segment.clear()
            start = stop + 1
        self._write(data[start:], time, lines)
        return lines

    def flush(self) -> list[Line]:
        """The unfinished last line, where there is one; for when nothing more can come."""
        return [self._end_line(self._time)] if self._segment or self._overwritten else []

    def _write(self, text: bytes, time: float, lines: list[Line]) -> None:
        if not text:
            return
        bar = self._overwritten
        if bar is not None and not self._segment and int(bar.time) != int(time):
            lines.append(bar)
            self._overwritten = None
        segment = self._segment
        segment += text
        self._at += len(text)
        self._time = time
        while len(segment) > self._longest:
            size = _whole_characters(segment, self._longest)
            piece = segment[:size].decode(errors="replace")
            del segment[:size]
            lines.append(Line(time, self._at - len(segment), piece, cut=True))
            self._overwritten = None

    def _end_line(self, time: float) -> Line:
        if self._segment or self._overwritten is None:
            line = self._line(time)
        else:
            line = Line(time, self._at, self._overwritten.text)
        self._segment.clear()
        self._overwritten = None
        return line

    def _line(self, time: float, partial: bool = False) -> Line:
        return Line(time, self._at, self._segment.decode(errors="replace"), partial=partial)


def _whole_characters(text: bytearray, size: int) -> int:
    """`size`, or up to three bytes less where a character of UTF-8 goes on behind it."""
    for back in range(4):
        if text[size - back] & 0xC0 != 0x80:
            return size - back
    return size
