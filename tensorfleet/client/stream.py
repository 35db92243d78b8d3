"""Following a stream over broken connections: every message once, in order, for as long as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import urllib3

from tensorfleet.client.problems import from_answer, unreachable
from tensorfleet.client.sse import Message, messages
from tensorfleet.client.transport import Query, Transport, backoff
from tensorfleet.errors import HeadUnreachable, TensorFleetError, TooManyRequests, Unavailable

SILENCE = 45.0
"""Seconds without even a heartbeat (the head sends one every 15) after which a connection counts as dead."""

STARTS = ("after", "tail")
"""Where to begin, in a query; once something was seen, Last-Event-ID says where to go on."""

PASSING = (HeadUnreachable, Unavailable, TooManyRequests)
"""What a head may answer, or a proxy in its stead, that is worth another try."""

PATIENCE = 300.0
"""Seconds for which a stream that was once open is tried again."""


def follow(
    transport: Transport,
    path: str,
    query: Query,
    *,
    last_id: str = "",
    patience: float = PATIENCE,
    notice: Callable[[str], None] = lambda text: None,
) -> Iterator[Message]:
    """Messages of `path` from behind `last_id` on, resumed there after each break; ends only with an error.

    The caller stops when it has seen what it waited for. notice: told once when contact is lost, and once when it is
    back. Raises what the head answers with, and HeadUnreachable when patience runs out, or at once when the head has
    never answered.
    """
    tries, lost_at = 0, 0.0
    opened, told = transport.answered, False
    while True:
        failure: TensorFleetError
        try:
            for message in _once(transport, path, query, last_id):
                if message is None:
                    if told:
                        notice("The head answers again.")
                    opened, told, lost_at = True, False, 0.0
                    continue
                tries, last_id = 0, message.id
                yield message
            failure = unreachable(transport.url, ConnectionError("the stream ended"))
        except urllib3.exceptions.HTTPError as error:
            failure = unreachable(transport.url, error)
        except TensorFleetError as error:
            if not opened or not isinstance(error, PASSING):
                raise
            failure = error
        if not opened:
            raise failure
        now = time.monotonic()
        lost_at = lost_at or now
        if tries >= 2 and not told:
            told = True
            notice("The head does not answer; trying again.")
        if now - lost_at > patience:
            raise failure
        time.sleep(backoff(tries))
        tries += 1


def _once(transport: Transport, path: str, query: Query, last_id: str) -> Iterator[Message | None]:
    """One connection's messages, after a None that says it is open."""
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
    if last_id:
        headers["Last-Event-ID"] = last_id
        query = {name: value for name, value in query.items() if name not in STARTS}
    answer = transport.open("GET", path, query=query, headers=headers, read_timeout=SILENCE)
    try:
        if answer.status != 200:
            raise from_answer(transport.url, answer.status, answer.read())
        yield None
        yield from messages(iter(lambda: answer.read1(2**16), b""), last_id)
    finally:
        answer.close()
