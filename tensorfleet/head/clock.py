"""The head's time of day, which goes at the pace of the clock since boot whatever somebody sets the system's to.

What the head decides by the time of day (how long an attempt has run, in the first place) so survives a clock that
jumps. A clock that is corrected little by little, as NTP does, is followed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from tensorfleet.core.inputs import Now
from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)

FOLLOWED: Final = 1.0
"""Seconds that the system's clock may be off from one look to the next; more is a jump."""


def _since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """wall: unix seconds. mono: seconds since boot, suspends included."""

    def __init__(self, wall: Callable[[], float] = time.time, mono: Callable[[], float] = _since_boot) -> None:
        self._wall = wall
        self._mono = mono
        self._last = Now(wall(), mono())
        self._off = False

    def __call__(self) -> Now:
        wall, mono = self._wall(), self._mono()
        expected = self._last.wall + (mono - self._last.mono)
        off = abs(wall - expected) > FOLLOWED
        if off and not self._off:
            log.warning(
                "the system's clock jumped; the head keeps its own time until it is restarted",
                extra=fields(seconds=round(wall - expected, 1)),
            )
        self._off = off
        self._last = Now(expected if off else wall, mono)
        return self._last
