"""A log followed while it grows, through whatever its writer had time to index."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tensorfleet.agent.output.linesplit import Line
from tensorfleet.agent.output.logtail import LogTail


class Shim:
    """Writes a rank's log the way the shim does."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "rank-0.log"
        self.index = folder / "rank-0.idx"
        self.size = 0

    def write(self, data: bytes, time: float, indexed: bool = True) -> None:
        with self.log.open("ab") as log:
            log.write(data)
        self.size += len(data)
        if indexed:
            with self.index.open("ab") as index:
                index.write(struct.pack("<dQ", time, self.size))

    def tail(self, offset: int = 0) -> LogTail:
        return LogTail(self.log, self.index, offset)


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    return Shim(tmp_path)


def test_a_log_that_is_not_there_yet_has_no_lines(shim: Shim) -> None:
    tail = shim.tail()
    assert tail.read() == []
    assert tail.waiting == 0
    shim.write(b"hello\n", 5.0)
    assert tail.waiting == 6
    assert tail.read() == [Line(5.0, 6, "hello")]
    assert (tail.read(), tail.waiting) == ([], 0)


def test_each_line_has_the_time_it_was_written_at(shim: Shim) -> None:
    shim.write(b"one\ntw", 1.0)
    shim.write(b"o\n", 2.0)
    shim.write(b"three\n", 3.0)
    assert [(line.text, line.time) for line in shim.tail().read()] == [("one", 1.0), ("two", 2.0), ("three", 3.0)]


def test_small_reads_give_the_same_lines_as_one_large(shim: Shim) -> None:
    for number in range(50):
        shim.write(f"\rstep {number}".encode() + b"\n" * (number % 3), number / 3)
    small = shim.tail()
    lines = []
    while small.waiting:
        lines += small.read(limit=7)
    assert lines + small.finish() == shim.tail().finish()


def test_another_tail_goes_on_where_the_first_stopped(shim: Shim) -> None:
    for number in range(200):
        shim.write(f"line {number}\n".encode(), float(number))
    whole = shim.tail().read()
    first = shim.tail()
    given = first.read(limit=777)
    assert 0 < len(given) < 200
    assert given + shim.tail(first.offset).read() == whole


def test_bytes_without_a_record_wait_and_are_given_at_the_end(shim: Shim) -> None:
    shim.write(b"one\n", 1.0)
    shim.write(b"two\nthr", 9.0, indexed=False)
    tail = shim.tail()
    assert [line.text for line in tail.read()] == ["one"]
    assert tail.finish() == [Line(1.0, 8, "two"), Line(1.0, 11, "thr")]
    assert tail.offset == 11
    assert tail.finish() == []


def test_a_bar_longer_than_one_read_is_given_at_the_end(shim: Shim) -> None:
    shim.write(b"\r5%" * 100_000, 1.0)
    assert [line.text for line in shim.tail().finish()] == ["5%"]


def test_a_torn_record_waits_for_its_rest(shim: Shim) -> None:
    shim.write(b"one\n", 1.0)
    with shim.index.open("ab") as index:
        index.write(b"torn")
    assert [line.text for line in shim.tail().read()] == ["one"]


def test_an_index_that_lies_breaks_nothing(shim: Shim) -> None:
    shim.write(b"one\ntwo\n", 1.0, indexed=False)
    shim.index.write_bytes(
        struct.pack("<dQ", float("nan"), 4) + struct.pack("<dQ", 2.0, 1) + struct.pack("<dQ", 3.0, 2**62)
    )
    tail = shim.tail()
    assert [(line.text, line.time) for line in tail.read()] == [("one", 0.0), ("two", 3.0)]
    assert tail.read() == []


def test_a_pipe_or_a_link_in_the_place_of_a_log_is_no_log(shim: Shim, tmp_path: Path) -> None:
    shim.index.write_bytes(struct.pack("<dQ", 1.0, 100))
    os.mkfifo(shim.log)
    assert shim.tail().finish() == []
    shim.log.unlink()
    (tmp_path / "secret").write_text("secret\n")
    shim.log.symlink_to(tmp_path / "secret")
    assert shim.tail().finish() == []
