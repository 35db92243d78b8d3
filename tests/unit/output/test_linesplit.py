"""The rules of lines: newlines, overwritten progress bars, cuts, broken characters, the last line."""

from __future__ import annotations

import pytest

from tensorfleet.agent.output.linesplit import LONGEST, Line, LineSplit


def _texts(*reads: tuple[float, bytes]) -> list[str]:
    split = LineSplit()
    lines = [line for time, data in reads for line in split.feed(data, time)] + split.flush()
    return [("~" if line.partial else "") + line.text + ("…" if line.cut else "") for line in lines]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\n\ntwo", ["one", "", "two"]),
        (b"dos\r\nlines\r\n", ["dos", "lines"]),
        (b" 10%\r 20%\r 30%\n", [" 30%"]),
        (b"\r 10%\r 20%\r 30%\ndone\n", [" 30%", "done"]),
        (b"100%\r\r\n", ["100%"]),
        (b"\r\n", [""]),
        (b"\x1b[31mred\x1b[0m\n", ["\x1b[31mred\x1b[0m"]),
        ("größe 🚀\n".encode(), ["größe 🚀"]),
        (b"\xff\xfe broken\n", ["\ufffd\ufffd broken"]),
        (b"nul\x00 and\ttab\n", ["nul\x00 and\ttab"]),
        (b"no end", ["no end"]),
        (b"bar 7%\r", ["bar 7%"]),
        (b"", []),
        (b"\r", []),
    ],
)
def test_within_one_second(data: bytes, expected: list[str]) -> None:
    assert _texts((5.0, data)) == expected


def test_a_long_running_bar_moves_once_a_second() -> None:
    reads = [(second + part / 10, f"\r{second}.{part}".encode()) for second in range(3) for part in range(10)]
    assert _texts(*reads, (3.0, b"\n")) == ["~0.9", "~1.9", "2.9"]


def test_a_bar_whose_clock_jumps_back_goes_on_moving() -> None:
    assert _texts((9000.0, b"\r1"), (9001.0, b"\r2"), (5.0, b"\r3"), (6.0, b"\r4"), (7.0, b"\n")) == [
        "~1",
        "~2",
        "~3",
        "4",
    ]


def test_a_bar_that_stood_before_its_newline_is_given_once() -> None:
    assert _texts((1.0, b"100%\r"), (9.0, b"\n")) == ["100%"]


def test_a_line_of_64_kib_is_whole_and_one_over_it_is_cut() -> None:
    assert _texts((1.0, b"a" * LONGEST + b"\n")) == ["a" * LONGEST]
    assert _texts((1.0, b"a" * LONGEST + b"b\n")) == ["a" * LONGEST + "…", "b"]


def test_a_cut_never_splits_a_character() -> None:
    text = "a" + "🚀" * (LONGEST // 4 + 1)
    first, second = _texts((1.0, text.encode()))
    assert first.endswith("🚀…")
    assert first[:-1] + second == text


def test_a_flood_without_a_newline_holds_no_more_than_one_piece() -> None:
    split = LineSplit()
    for _ in range(100):
        for line in split.feed(b"\0" * 50_000, 1.0):
            assert line.cut
    assert 100 * 50_000 - LONGEST <= split.flush()[0].end - LONGEST <= 100 * 50_000


def test_each_line_says_when_it_was_completed_and_where_it_ends() -> None:
    split = LineSplit(offset=100)
    assert split.feed(b"ab", 1.0) == []
    assert split.feed(b"c\nd", 2.5) == [Line(2.5, 104, "abc")]
    assert split.at == 105
    assert split.flush() == [Line(2.5, 105, "d")]
    assert split.flush() == []
