"""The lines that ranks wrote, one file an attempt, merged in the order of their arrival.

A record is one JSON line: t (unix seconds), r (rank), e (offset behind the line in the rank's own file on its
node), s (text), and p for a progress bar that goes on. The rank's offset makes a repeated delivery harmless; the
place in this file is the cursor of whoever reads, so that reading can go on exactly where it ended.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tensorfleet.errors import InvalidRequest, StoreFull
from tensorfleet.head.bus import Bus, logs_of
from tensorfleet.head.room import Room
from tensorfleet.wire.messages import LogEntry
from tensorfleet.wire.rest import LogLine, LogPage

OPEN_FILES = 128
READ = 2**18

SCAN = 2**25
"""Bytes looked through for one answer where a text is looked for: all others wait for it."""


class _Record(msgspec.Struct, omit_defaults=True):
    t: float
    r: int
    e: int
    s: str
    p: bool = False


class _Book:
    """One attempt's file while it is written. ends: by rank, how far its own file has been taken over."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.ends: dict[int, int] = {}
        good = 0
        for end, record in _records(self.file, 0):
            self.ends[record.r] = max(record.e, self.ends.get(record.r, 0))
            good = end
        # A head that died while writing leaves half a record; the agent sends it again.
        os.ftruncate(self.file, good)

    def append(self, rank: int, lines: tuple[LogEntry, ...]) -> bool:
        have = self.ends.get(rank, 0)
        fresh = [line for line in lines if line.end > have]
        if not fresh:
            return False
        encode = msgspec.json.encode
        data = b"".join(encode(_Record(at, rank, end, text, p)) + b"\n" for at, end, text, p in map(_parts, fresh))
        before = os.fstat(self.file).st_size
        try:
            while data:
                data = data[os.write(self.file, data) :]
        except OSError as error:
            # Half a record in the middle of the file would spoil the next one; the agent sends all of it again.
            os.ftruncate(self.file, before)
            raise StoreFull("The disk takes no more log lines.", "Make room on the head's data directory.") from error
        self.ends[rank] = fresh[-1].end
        return True


def _parts(line: LogEntry) -> tuple[float, int, str, bool]:
    return line.at, line.end, line.text, line.partial


def _records(file: int, start: int) -> Iterator[tuple[int, _Record]]:
    """Whole records from byte `start` on, each with the offset behind it."""
    decoder = msgspec.json.Decoder(_Record)
    rest = b""
    while chunk := os.pread(file, READ, start + len(rest)):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            start += len(line) + 1
            try:
                yield start, decoder.decode(line)
            except msgspec.MsgspecError:
                continue


def _records_back(file: int, end: int) -> Iterator[tuple[int, int, _Record]]:
    """Whole records before byte `end`, the last first, each with the offsets in front of and behind it: the end of a
    long log costs no more than that of a short one."""
    decoder = msgspec.json.Decoder(_Record)
    place, data = end, b""
    while place > 0:
        size = min(READ, place)
        place -= size
        data = os.pread(file, size, place) + data
        stop = place + data.rfind(b"\n") + 1
        first, *lines = data[: stop - place].split(b"\n")[:-1] or [b""]
        # What the first one begins with is still to be read.
        data = first + b"\n" if stop > place else b""
        for line in reversed(lines if place else [first, *lines]):
            start = stop - len(line) - 1
            try:
                yield start, stop, decoder.decode(line)
            except msgspec.MsgspecError:
                pass
            stop = start


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of a job's log. attempt: 0 for all. rank: None for all. since: unix seconds. contains: in any case.
    tail: the last so many, instead of the first."""

    attempt: int = 0
    rank: int | None = None
    since: float = 0.0
    contains: str = ""
    tail: int = 0

    def hold(self, record: _Record) -> bool:
        return (
            (self.rank is None or record.r == self.rank)
            and record.t >= self.since
            and (not self.contains or self.contains.casefold() in record.s.casefold())
        )


ALL = Lines()


class LogBook:
    """Appends and reads. File work happens on one thread of its own. room: on the disk, without which none are kept."""

    def __init__(self, root: Path, bus: Bus, room: Room | None = None) -> None:
        self._root = root
        self._bus = bus
        self._room = room or Room()
        self._books: OrderedDict[tuple[str, int], _Book] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "logbook")

    def close(self) -> None:
        self._thread.shutdown()
        for book in self._books.values():
            os.fsync(book.file)
            os.close(book.file)
        self._books.clear()

    async def append(self, job: str, attempt: int, rank: int, lines: tuple[LogEntry, ...]) -> int:
        """Keeps what is new of `lines`; answers how far the rank's own file has been taken over. Raises StoreFull."""
        self._room.check()
        fresh: bool
        end: int
        fresh, end = await self._work(self._append, job, attempt, rank, lines)
        if fresh:
            self._bus.poke(logs_of(job))
        return end

    async def seal(self, job: str, attempt: int) -> None:
        """Makes all lines of an attempt that is over durable and closes its file."""
        await self._work(self._seal, job, attempt)

    async def read(
        self, job: str, which: Lines = ALL, *, cursor: str = "", before: str = "", limit: int = 1000
    ) -> LogPage:
        """Lines behind `cursor`, or the last ones in front of `before`, or of all of them as many as `which.tail`.

        The page's cursor is where to go on, also when there was nothing; one that looks for a text may end, with a
        cursor, before it has found as many as asked for. Raises InvalidRequest for a bad cursor.
        """
        if not (before or which.tail):
            lines, place = await self.lines(job, which, cursor=cursor, limit=limit)
            return LogPage(lines, place, cursor)
        page: LogPage = await self._work(self._read_back, job, which, cursor, before, which.tail or limit)
        return page

    async def lines(
        self, job: str, which: Lines = ALL, *, cursor: str = "", limit: int = 1000
    ) -> tuple[list[LogLine], str]:
        """Lines behind `cursor`, or the last `which.tail` of them; and where to go on."""
        if which.tail:
            page: LogPage = await self._work(self._read_back, job, which, cursor, "", which.tail)
            return page.items, page.cursor
        found: tuple[list[LogLine], str] = await self._work(self._read, job, which, cursor, limit)
        return found

    async def _work(self, what: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, what, *arguments)

    def _path(self, job: str, attempt: int) -> Path:
        return self._root / job / f"{attempt}.jsonl"

    def _append(self, job: str, attempt: int, rank: int, lines: tuple[LogEntry, ...]) -> tuple[bool, int]:
        book = self._books.get((job, attempt))
        if book is None:
            book = self._books[job, attempt] = _Book(self._path(job, attempt))
            if len(self._books) > OPEN_FILES:
                os.close(self._books.popitem(last=False)[1].file)
        self._books.move_to_end((job, attempt))
        return book.append(rank, lines), book.ends.get(rank, 0)

    def _seal(self, job: str, attempt: int) -> None:
        book = self._books.pop((job, attempt), None)
        try:
            file = book.file if book else os.open(self._path(job, attempt), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        os.fsync(file)
        os.close(file)

    def _attempts(self, job: str, which: Lines) -> list[int]:
        try:
            names = [path.stem for path in (self._root / job).glob("*.jsonl")]
        except OSError:
            return []
        return sorted(n for n in (int(name) for name in names if name.isdigit()) if which.attempt in (0, n))

    @contextmanager
    def _open(self, job: str, attempt: int) -> Iterator[int]:
        file = os.open(self._path(job, attempt), os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield file
        finally:
            os.close(file)

    def _read(self, job: str, which: Lines, cursor: str, limit: int) -> tuple[list[LogLine], str]:
        first, begin = _parse(cursor)
        lines: list[LogLine] = []
        place, seen = cursor or f"{which.attempt or 1}:0", 0
        for number in [n for n in self._attempts(job, which) if n >= first]:
            start = begin if number == first else 0
            with self._open(job, number) as file:
                for end, record in _records(file, start):
                    place = f"{number}:{end}"
                    if which.hold(record):
                        lines.append(_line(record, place))
                    if len(lines) >= limit or (which.contains and seen + end - start > SCAN):
                        return lines, place
                seen += os.fstat(file).st_size - start
        return lines, place

    def _read_back(self, job: str, which: Lines, cursor: str, before: str, count: int) -> LogPage:
        """The last `count` lines between `cursor` and `before`."""
        (first, low), (last, high) = _parse(cursor), _parse(before)
        lines: list[LogLine] = []
        place, seen = before, 0
        for number in reversed([n for n in self._attempts(job, which) if n >= first and (not before or n <= last)]):
            with self._open(job, number) as file:
                end = high if before and number == last else os.fstat(file).st_size
                for begin, stop, record in _records_back(file, end):
                    if number == first and begin < low:
                        break
                    behind = f"{number}:{stop}"
                    place = place or behind
                    if len(lines) >= count or (which.contains and seen > SCAN):
                        return LogPage(lines[::-1], place, behind)
                    seen += stop - begin
                    if which.hold(record):
                        lines.append(_line(record, behind))
        return LogPage(lines[::-1], place or cursor or f"{which.attempt or 1}:0", "")


def _line(record: _Record, cursor: str) -> LogLine:
    return LogLine(record.r, record.t, record.s, record.p, cursor)


def _parse(cursor: str) -> tuple[int, int]:
    if not cursor:
        return 1, 0
    attempt, _, offset = cursor.partition(":")
    if not (attempt.isdecimal() and offset.isdecimal() and len(cursor) < 40):
        raise InvalidRequest(f"{cursor[:40]!r} is not a cursor of this log.", "Give the cursor of an earlier answer.")
    return int(attempt), int(offset)
