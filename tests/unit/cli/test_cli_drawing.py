"""What is drawn: times, sizes, tables, bars, curves, and lines that cannot harm the terminal."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tensorfleet.cli.bar import Bar
from tensorfleet.cli.curves import draw
from tensorfleet.cli.human import clock, shape, size, span
from tensorfleet.cli.lines import harmless
from tensorfleet.cli.table import fields, table
from tensorfleet.core.resources import Kind, Request
from tensorfleet.wire.rest import Series


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0s"), (59.9, "59s"), (200, "3m 20s"), (7500, "2h 5m"), (3 * 86400 + 4 * 3600, "3d 4h")]
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (123_456, "123 kB"), (5e9, "5.0 GB"), (2e15, "2000.0 TB")],
)
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text


def test_shapes() -> None:
    assert shape(Request()) == "1 slot"
    assert shape(Request(Kind.GPU, 8)) == "8 gpus"
    assert shape(Request(Kind.GPU, 8, nodes=2, gpu_model="A100")) == "2x4 A100"


def test_a_time_of_another_day_has_its_date() -> None:
    assert len(clock(time.time())) == 8
    assert clock(0).startswith("19")


def test_columns_are_aligned_and_rows_stay_rows() -> None:
    assert table(("A", "LONG"), [("xyz", "1"), ("x", "two\nlines")]) == ["A    LONG", "xyz  1", "x    two lines"]
    assert fields([("a", "1"), ("none", ""), ("long", "2")]) == ["a     1", "long  2"]


def test_a_bar_has_share_rate_and_what_is_left() -> None:
    bar = Bar("Uploading", 10_000_000, quiet=True)
    bar.set(2_500_000, 10_000_000)
    text = bar.text(elapsed=2.0)
    assert " 25%  2.5 MB of 10.0 MB  1.2 MB/s  6s left" in text
    assert text.count("█") == 6


@given(some.text())
def test_lines_from_a_job_cannot_move_the_cursor(text: str) -> None:
    left = harmless(text)
    assert not [sign for sign in left if ord(sign) < 32 and sign not in "\t\x1b"]
    assert "\x9b" not in left


def test_colours_stay_and_the_rest_goes() -> None:
    evil = "\x1b[31mred\x1b[0m\x1b[2J\x1b]52;c;aGk=\x07\x1b]0;title\x1b\\\x08\r\x9b2Jdone\x1b"
    assert harmless(evil) == "\x1b[31mred\x1b[0m2Jdone"


def series(*values: float | None, rank: int = 0) -> Series:
    points = [(step, 0.0, value) for step, value in enumerate(values)]
    return Series("loss", rank, "sdk", points, values[-1], len(values))


@pytest.mark.parametrize("values", [(1.0,), (0.0, 0.0), (2.0, None, 1.0), (1e30, -1e30), tuple(range(1000))])
def test_curves_of_every_kind_are_drawn(values: tuple[float, ...]) -> None:
    lines = draw("loss", [series(*values), series(*values, rank=1)], colour=False, width=80)
    assert len(lines) > 10
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) <= 90


def test_a_curve_without_numbers_says_so() -> None:
    assert draw("loss", [series(None)], colour=False) == ["loss: no finite values yet"]
