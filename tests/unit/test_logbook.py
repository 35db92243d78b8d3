"""The log book: every line once, from any place on, whatever is delivered twice or torn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tensorfleet.errors import InvalidRequest
from tensorfleet.head.bus import Bus, logs_of
from tensorfleet.head.logbook import Lines, LogBook
from tensorfleet.wire.messages import LogEntry


def entries(first: int, last: int, size: int = 1) -> tuple[LogEntry, ...]:
    """Lines `first` to `last`, each ending at ten times its number."""
    return tuple(LogEntry(float(n), n * 10, f"line {n}" + "x" * (size - 1)) for n in range(first, last + 1))


def with_book(root: Path, what: Callable[[LogBook, Bus], Awaitable[None]]) -> None:
    async def main() -> None:
        bus = Bus()
        book = LogBook(root, bus)
        try:
            await what(book, bus)
        finally:
            book.close()

    asyncio.run(main())


def test_lines_delivered_twice_are_kept_once(tmp_path: Path) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        assert await book.append("j", 1, 0, entries(1, 3)) == 30
        assert await book.append("j", 1, 0, entries(2, 5)) == 50
        assert bus.count(logs_of("j")) == 2
        page = await book.read("j")
        assert [line.text for line in page.items] == [f"line {n}" for n in range(1, 6)]

    with_book(tmp_path, check)


def test_reading_goes_on_exactly_where_it_ended(tmp_path: Path) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        await book.append("j", 1, 0, entries(1, 10))
        first = await book.read("j", limit=4)
        rest = await book.read("j", cursor=first.cursor)
        assert [line.text for line in first.items + rest.items] == [f"line {n}" for n in range(1, 11)]
        await book.append("j", 2, 1, entries(1, 1))
        after = await book.read("j", cursor=rest.cursor)
        assert [(line.rank, line.text) for line in after.items] == [(1, "line 1")]

    with_book(tmp_path, check)


def test_a_half_written_record_is_cut_off_and_sent_again(tmp_path: Path) -> None:
    async def write(book: LogBook, bus: Bus) -> None:
        await book.append("j", 1, 0, entries(1, 3))

    with_book(tmp_path, write)
    file = tmp_path / "j" / "1.jsonl"
    file.write_bytes(file.read_bytes()[:-5])

    async def check(book: LogBook, bus: Bus) -> None:
        assert await book.append("j", 1, 0, ()) == 20
        await book.append("j", 1, 0, entries(3, 4))
        page = await book.read("j")
        assert [line.text for line in page.items] == ["line 1", "line 2", "line 3", "line 4"]

    with_book(tmp_path, check)


@pytest.mark.parametrize("size", [1, 3000])
@pytest.mark.parametrize("tail", [1, 7, 500, 1000])
def test_the_tail_is_the_last_lines_of_a_long_log(tmp_path: Path, tail: int, size: int) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        await book.append("j", 1, 0, entries(1, 500, size))
        page = await book.read("j", Lines(tail=tail))
        assert [line.at for line in page.items] == [float(n) for n in range(max(1, 501 - tail), 501)]
        assert (await book.read("j", cursor=page.cursor)).items == []

    with_book(tmp_path, check)


def test_a_rank_and_a_time_can_be_asked_for(tmp_path: Path) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        await book.append("j", 1, 0, entries(1, 5))
        await book.append("j", 1, 1, entries(1, 5))
        page = await book.read("j", Lines(rank=1, since=4.0))
        assert [(line.rank, line.at) for line in page.items] == [(1, 4.0), (1, 5.0)]

    with_book(tmp_path, check)


@pytest.mark.parametrize("cursor", ["x", "1", "1:", ":1", "1:-2", "1:2:3"])
def test_a_bad_cursor_is_refused(tmp_path: Path, cursor: str) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        with pytest.raises(InvalidRequest):
            await book.read("j", cursor=cursor)

    with_book(tmp_path, check)


@pytest.mark.parametrize("size", [1, 3000, 300_000])
def test_going_back_from_the_tail_gives_every_line_once(tmp_path: Path, size: int) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        for attempt in (1, 2):
            await book.append("j", attempt, 0, entries(1, 6, size))
            await book.append("j", attempt, 1, entries(1, 6, size))
        page = await book.read("j", Lines(rank=1, tail=3))
        found = page.items
        while page.start:
            page = await book.read("j", Lines(rank=1), before=page.start, limit=4)
            found = page.items + found
        assert [line.at for line in found] == 2 * [float(n) for n in range(1, 7)]
        forth = await book.read("j", cursor=found[2].cursor, before=found[6].cursor)
        assert [line.at for line in forth.items if line.rank == 1] == [4.0, 5.0, 6.0, 1.0]

    with_book(tmp_path, check)


def test_a_text_is_found_in_any_case_in_both_directions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(book: LogBook, bus: Bus) -> None:
        await book.append("j", 1, 0, entries(1, 500))
        which = Lines(contains="LINE 25")
        assert len((await book.read("j", which)).items) == 11
        back = await book.read("j", which, before="1:999999", limit=1)
        assert [line.text for line in back.items] == ["line 259"]
        forth = await book.read("j", cursor=back.start, limit=1)
        assert forth.items == back.items
        monkeypatch.setattr("tensorfleet.head.logbook.SCAN", 1000)
        page = await book.read("j", Lines(contains="line 499"))
        assert not page.items
        while not page.items:
            page = await book.read("j", Lines(contains="line 499"), cursor=page.cursor)
        assert [line.text for line in page.items] == ["line 499"]

    with_book(tmp_path, check)
