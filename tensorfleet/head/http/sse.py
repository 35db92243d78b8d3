"""Server-sent events (WHATWG HTML, section 9.2): one stream to one client, from wherever it says it was.

A stream keeps only its place. What it has not sent lies in the store or in a book, so a slow client costs one batch
of memory, and is dropped when it takes nothing for a while; coming back, it goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from math import inf
from typing import Any, Final

from aiohttp import web

from tensorfleet.errors import TensorFleetError, TooManyRequests
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.pacer import Pacer

log = logging.getLogger(__name__)

HEARTBEAT: Final = 15.0
"""Seconds without news until a comment is sent; also how often the credential is checked again."""

STALLED: Final = 30.0
"""Seconds after which a client that takes nothing is dropped."""

BATCH: Final = 2**18
"""Bytes written at once; with the socket's own buffer, all that a slow client can hold."""

STREAMS: Final = 400
"""Streams open at once for one credential."""

JOINED: Final = 0.1
"""Seconds between two writes of a stream that all clients may have open; what comes meanwhile is written together."""

RETRY: Final = b"retry: 1000\n\n"


def frame(event: str, data: bytes, id: str | int = "") -> bytes:
    """One message. `data` is JSON, which holds no line end."""
    head = f"id: {id}\nevent: {event}\ndata: " if id != "" else f"event: {event}\ndata: "
    return b"%b%b\n\n" % (head.encode(), data)


class Streams:
    """How many are open, by credential."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self._pacer = Pacer()

    @asynccontextmanager
    async def follow(self, call: Call[Any, Any], gap: float = JOINED) -> AsyncIterator[Stream]:
        """An open stream, ended with the block. gap: seconds between two writes. Raises TooManyRequests."""
        holder = call.who.credential
        if self.open[holder] >= STREAMS:
            raise TooManyRequests(f"{STREAMS} streams are open with this credential.", "Close one of them first.")
        self.open[holder] += 1
        stream = Stream(call, self._pacer, gap)
        try:
            await stream.begin()
            yield stream
            await stream.end()
        except ConnectionError:
            pass
        except TensorFleetError as error:
            # The status line is long gone: all that is left is to end, and the client comes back and is told.
            log.warning("a stream ended: %s", error.detail)
            await stream.end()
        finally:
            self.open[holder] -= 1
            if not self.open[holder]:
                del self.open[holder]


class Stream:
    """`alive` until the head closes, the credential ends, or the client is gone."""

    def __init__(self, call: Call[Any, Any], pacer: Pacer, gap: float) -> None:
        self._call = call
        self._pacer = pacer
        self._gap = gap
        self._bus = call.services.bus
        self._clock = asyncio.get_running_loop().time
        self._checked = self._written = self._clock()
        self._admitted = True
        self._ended = call.services.keys.ended
        self.response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
        self.response.content_type = "text/event-stream"
        self.response.charset = "utf-8"

    @property
    def alive(self) -> bool:
        keys = self._call.services.keys
        if self._clock() - self._checked >= HEARTBEAT or self._ended != keys.ended:
            self._checked, self._ended = self._clock(), keys.ended
            self._admitted = keys.holds(self._call.who)
        transport = self._call.request.transport
        return self._admitted and not self._bus.closed and transport is not None and not transport.is_closing()

    async def begin(self) -> None:
        await self.response.prepare(self._call.request)
        await self._write(RETRY)

    async def end(self) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self.response.write_eof()
        except (ConnectionError, TimeoutError):
            pass

    def mark(self, topic: str) -> tuple[str, int]:
        """How far the news is; take it before reading, then `wait` with it."""
        return topic, self._bus.count(topic)

    async def wait(self, mark: tuple[str, int], patience: float = inf) -> None:
        """Returns when there is news beyond `mark`, or after `patience` seconds; keeps the connection alive.

        The first news after a while comes at once; later ones wait for their gap, so that they are written together.
        """
        await self._bus.changed(*mark, min(patience, HEARTBEAT))
        rest = self._written + self._gap - self._clock()
        if rest > 0 and not self._bus.closed:
            await asyncio.sleep(rest)
        await self._pacer.turn()
        if self._clock() - self._written >= HEARTBEAT and self.alive:
            await self._write(b":\n\n")

    async def send(self, frames: Iterable[bytes]) -> None:
        """Writes messages, many at once. Raises ConnectionError when the client is gone or takes nothing."""
        batch: list[bytes] = []
        size = 0
        for message in frames:
            if batch and size + len(message) > BATCH:
                await self._write(b"".join(batch))
                batch, size = [], 0
            batch.append(message)
            size += len(message)
        if batch:
            await self._write(b"".join(batch))

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(STALLED):
                await self.response.write(data)
        except TimeoutError:
            if self._call.request.transport is not None:
                self._call.request.transport.abort()
            raise ConnectionAbortedError(f"nothing was taken for {STALLED} s") from None
        self._written = self._clock()
