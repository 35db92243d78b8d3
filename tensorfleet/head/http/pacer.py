"""Turns: hundreds of streams that wake at the same moment do not keep a request waiting until the last is served."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

WIDTH: Final = 4
"""Turns in one pass of the event loop; each takes about a tenth of a millisecond."""


class Pacer:
    """First come, first served, a few in each pass of the loop, so that whatever else is due comes between them."""

    def __init__(self) -> None:
        self._line: deque[asyncio.Future[None]] = deque()
        self._calling = False

    async def turn(self) -> None:
        """Returns when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        self._line.append(place)
        if not self._calling:
            self._calling = True
            loop.call_soon(self._call, loop)
        await place

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(WIDTH, len(self._line))):
            place = self._line.popleft()
            if not place.done():
                place.set_result(None)
        self._calling = bool(self._line)
        if self._calling:
            loop.call_soon(self._call, loop)
