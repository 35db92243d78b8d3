"""Who has waited for too long, and goes before others of its team from then on.

Together they may have a part of the fleet at most: without that, an overloaded fleet would know nothing but them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping

from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Policy


class Pins:
    """promoted: ranks of jobs that were pinned, those that wait and those that were started so. next: when somebody
    else may have waited for too long, unix seconds."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._heap: list[tuple[float, str]] = []
        self.promoted = 0
        self.next = math.inf

    def watch(self, ask: Ask) -> None:
        """It waits from now on."""
        heapq.heappush(self._heap, (self._starves(ask), ask.id))

    def due(self, waiting: Mapping[str, Ask], capacity: int, now: float) -> Iterator[Ask]:
        """Those of `waiting` that are to be pinned now, longest due first. capacity: ranks of the fleet."""
        self.next = math.inf
        while self._heap and self._heap[0][0] <= now:
            ask = waiting.get(self._heap[0][1])
            if ask is None or ask.pinned is not None or self._starves(ask) > now:
                heapq.heappop(self._heap)
                continue
            if self.promoted and self.promoted + ask.least > self._policy.starving_share * capacity:
                return
            heapq.heappop(self._heap)
            ask.pinned = now
            self.promoted += ask.least
            yield ask
        if self._heap:
            self.next = self._heap[0][0]

    def _starves(self, ask: Ask) -> float:
        patience = 1.0 if ask.attained < self._policy.level else self._policy.patience
        return ask.since + patience * self._policy.starvation[ask.job_class.value]
