"""Virtual time: what is to happen, in order. Nothing waits, so an hour takes as long as its events."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Timeline:
    """now: seconds since the beginning. Events of the same instant happen in the order in which they were planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self.count = 0
        self._planned: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self._planned, (self.now + seconds, self.count, what))

    def run(self, until: float) -> None:
        """Everything up to the time `until`."""
        planned = self._planned
        while planned and planned[0][0] <= until:
            self.now, _, what = heapq.heappop(planned)
            what()
        self.now = until
