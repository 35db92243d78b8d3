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


def _tail_start(file: int, count: int) -> int:
    """Where the last `count` records begin, found from the end, so that a long log costs no more than a short one."""
    place = os.fstat(file).st_size
    breaks = 0
    while place > 0:
        size = min(READ, place)
        chunk = os.pread(file, size, place - size)
        for index in range(len(chunk) - 1, -1, -1):
            # The last record's own newline is none between records.
            if chunk[index] == 0x0A and (breaks := breaks + 1) > count:
                return place - size + index + 1
        place -= size
    return 0


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
        self,
        job: str,
        *,
        cursor: str = "",
        attempt: int = 0,
        rank: int | None = None,
        since: float = 0.0,
        tail: int = 0,
        limit: int = 1000,
    ) -> LogPage:
        """Lines behind `cursor` (or the last `tail` of them), of `attempt` or, with 0, of all attempts in turn.

        The page's cursor is where to go on, also when there was nothing. Raises InvalidRequest for a bad cursor.
        """
        lines, place = await self.lines(
            job, cursor=cursor, attempt=attempt, rank=rank, since=since, tail=tail, limit=limit
        )
        return LogPage([line for _, line in lines], place)

    async def lines(
        self,
        job: str,
        *,
        cursor: str = "",
        attempt: int = 0,
        rank: int | None = None,
        since: float = 0.0,
        tail: int = 0,
        limit: int = 1000,
    ) -> tuple[list[tuple[str, LogLine]], str]:
        """As `read`, each line with the cursor that goes on behind it; and the page's cursor."""
        found: tuple[list[tuple[str, LogLine]], str]
        found = await self._work(self._read, job, cursor, attempt, rank, since, tail, limit)
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

    def _attempts(self, job: str) -> list[int]:
        try:
            return sorted(int(path.stem) for path in (self._root / job).glob("*.jsonl") if path.stem.isdigit())
        except OSError:
            return []

    def _read(
        self, job: str, cursor: str, attempt: int, rank: int | None, since: float, tail: int, limit: int
    ) -> tuple[list[tuple[str, LogLine]], str]:
        first, start = _parse(cursor)
        lines: list[tuple[str, LogLine]] = []
        place = cursor or f"{attempt or 1}:0"
        for number in [attempt] if attempt else [n for n in self._attempts(job) if n >= first]:
            try:
                file = os.open(self._path(job, number), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                begin = start if number == first else 0
                if tail and rank is None and not since:
                    begin = max(begin, _tail_start(file, tail))
                for end, record in _records(file, begin):
                    place = f"{number}:{end}"
                    if (rank is None or record.r == rank) and record.t >= since:
                        lines.append((place, LogLine(record.r, record.t, record.s, record.p)))
                        if tail:
                            del lines[: max(0, len(lines) - tail)]
                        elif len(lines) >= limit:
                            return lines, place
            finally:
                os.close(file)
        return lines, place


def _parse(cursor: str) -> tuple[int, int]:
    if not cursor:
        return 1, 0
    attempt, _, offset = cursor.partition(":")
    if not (attempt.isdecimal() and offset.isdecimal() and len(cursor) < 40):
        raise InvalidRequest(f"{cursor[:40]!r} is not a cursor of this log.", "Give the cursor of an earlier answer.")
    return int(attempt), int(offset)
