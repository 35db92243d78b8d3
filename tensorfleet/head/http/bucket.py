"""Token buckets by address: how often somebody may fail before the answers become shorter."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

SIZE: Final = 30.0
"""Failures that one address may have at once."""

RATE: Final = 1.0
"""Failures a second that it may have for good."""

ADDRESSES: Final = 10_000
"""Addresses remembered; the one not seen for longest goes first."""


class Buckets:
    """now: seconds of a clock that never goes back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """False when `address` has had its share."""
        now = self._now()
        left, then = self._left.pop(address, (SIZE, now))
        left = min(SIZE, left + (now - then) * RATE)
        self._left[address] = (max(0.0, left - 1), now)
        if len(self._left) > ADDRESSES:
            self._left.popitem(last=False)
        return left >= 1
