"""However a log is cut into reads, and wherever reading is taken up again, the lines are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.agent.output.linesplit import Line, LineSplit

PIECES = st.sampled_from(
    [b"a", b"bc", b"\n", b"\r", b"\r\n", b"\r\r", "é".encode(), "🚀".encode(), b"\xff", b"\xf0\x9f", b"x" * 40]
)
WRITES = st.lists(st.tuples(st.floats(0.0, 4.0), st.lists(PIECES, max_size=8).map(b"".join)), max_size=12)
"""What a rank wrote: (time, bytes), the times in no order, as on a machine whose clock is set."""

LIMIT = 32
"""Lines are cut here, so that small examples have cuts in them."""


def _whole(writes: list[tuple[float, bytes]], start: int = 0) -> list[Line]:
    split = LineSplit(start, LIMIT)
    lines = []
    at = 0
    for time, data in writes:
        lines += split.feed(data[max(0, start - at) :], time)
        at += len(data)
    return lines + split.flush()


@given(WRITES, st.data())
def test_any_cut_into_reads_gives_the_same_lines(writes: list[tuple[float, bytes]], data: st.DataObject) -> None:
    split = LineSplit(0, LIMIT)
    lines = []
    for time, text in writes:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
        for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True):
            lines += split.feed(text[start:stop], time)
    assert lines + split.flush() == _whole(writes)


@given(WRITES)
def test_reading_taken_up_at_any_line_gives_the_lines_that_follow(writes: list[tuple[float, bytes]]) -> None:
    lines = _whole(writes)
    for index, line in enumerate(lines):
        assert _whole(writes, line.end) == lines[index + 1 :]
