"""A wire that can be bad: a TCP relay on the loopback that delays, and cuts connections in the middle of a message."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from types import TracebackType


class Relay:
    """Relays to `target` on the loopback. While `bad`, each piece waits for up to `delay` seconds, and each connection
    is cut after a random number of bytes, in the middle of whatever is under way."""

    def __init__(self, target: int, seed: int, delay: float = 0.2, most: int = 60_000) -> None:
        self._target = target
        self._random = random.Random(seed)
        self._delay = delay
        self._most = most
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.bad = False
        self.cuts = 0
        self.port = 0

    def __enter__(self) -> Relay:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=10)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        left = self._random.randint(1, self._most)
        both = {writer, there[1]}
        self._open |= both
        try:
            await asyncio.gather(self._pump(reader, there[1], left), self._pump(there[0], writer, left))
        except OSError:
            pass
        finally:
            self._open -= both
            for end in both:
                end.transport.abort()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
        """left: bytes until the cut."""
        while data := await reader.read(16384):
            if self.bad:
                await asyncio.sleep(self._random.uniform(0, self._delay))
                if left < len(data):
                    writer.write(data[:left])
                    await writer.drain()
                    self.cuts += 1
                    raise ConnectionResetError
                left -= len(data)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
