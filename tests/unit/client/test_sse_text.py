"""The text of server-sent events is understood however it was cut on its way."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from tensorfleet.client.sse import Message, messages

TEXT = (
    'retry: 1000\n\n: a heartbeat\n\nid: 1:20\nevent: line\ndata: {"a": 1}\n\n'
    "event: line\r\ndata: two\r\ndata:lines\r\n\r\nid: 3\rdata: é\r\rdata: unfinished"
).encode()
EXPECTED = [Message("line", '{"a": 1}', "1:20"), Message("line", "two\nlines", "1:20"), Message("message", "é", "3")]


@given(cuts=some.lists(some.integers(0, len(TEXT)), max_size=30).map(sorted))
def test_messages_are_the_same_however_the_bytes_arrive(cuts: list[int]) -> None:
    edges = [0, *cuts, len(TEXT)]
    pieces = [TEXT[a:b] for a, b in pairwise(edges)]
    assert list(messages(pieces)) == EXPECTED


@given(some.binary(max_size=200))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert all(message.data is not None for message in messages([data, b"\n\n"]))
