"""`join.token` in the data directory: a join token for scripts on the head's own machine.

It admits any number of nodes for 24 hours and is replaced after twelve, so whoever reads the file while the head
runs has at least twelve hours to use it. A start of the head keeps the token in the file if that much is left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tensorfleet.config.secretfile import write_secret
from tensorfleet.errors import InfraError, InvalidRequest
from tensorfleet.head.joining import Joining
from tensorfleet.obs.logging import fields
from tensorfleet.wire.credential import JOIN_LIFE, parse_join_token

log = logging.getLogger(__name__)

LEAST_LEFT: Final = JOIN_LIFE / 2
"""Seconds that the token in the file is always good for, at least."""

AGAIN: Final = 60.0
"""Seconds until a replacement that failed is tried again."""


class TokenFile:
    """clock: unix seconds."""

    def __init__(self, path: Path, joining: Joining, clock: Callable[[], float]) -> None:
        self._path = path
        self._joining = joining
        self._clock = clock

    async def refresh(self) -> float:
        """Puts a token into the file that is good for LEAST_LEFT, and answers when to come back (unix seconds).

        Raises OSError and what the store raises.
        """
        now = self._clock()
        expires = self._expiry()
        if expires - now < LEAST_LEFT:
            token, record = await self._joining.make_token("head")
            await asyncio.to_thread(write_secret, self._path, token.text.encode() + b"\n")
            expires = record.expires
        return expires - LEAST_LEFT

    async def run(self) -> None:
        """Keeps the file fresh for ever. Call `refresh` once before, so that the file is there from the start."""
        while True:
            try:
                due = await self.refresh()
            except (OSError, InfraError) as error:
                log.warning("join token not replaced", extra=fields(error=str(error)))
                due = self._clock() + AGAIN
            # An hour at a time: the wall clock may be set while this sleeps.
            await asyncio.sleep(min(max(due - self._clock(), 1.0), 3600.0))

    def _expiry(self) -> float:
        """When the token in the file expires; 0 where there is none that the head would take."""
        try:
            token = parse_join_token(self._path.read_text())
        except (FileNotFoundError, UnicodeDecodeError, InvalidRequest):
            return 0.0
        return self._joining.expiry_of(token)
