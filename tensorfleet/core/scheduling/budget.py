"""What interruptions may cost within a day."""

from __future__ import annotations

from collections import deque

from tensorfleet.core.scheduling.policy import DAY


class LossBudget:
    """Rank-seconds that interruptions threw away in the last 24 hours."""

    def __init__(self) -> None:
        self._losses: deque[tuple[float, float]] = deque()
        self._spent = 0.0

    def spend(self, lost: float, now: float) -> None:
        self._losses.append((now, lost))
        self._spent += lost

    def affords(self, lost: float, part: float, capacity: int, now: float) -> bool:
        """Whether `lost` more stays within this part of what `capacity` ranks do in a day."""
        while self._losses and now - self._losses[0][0] > DAY:
            self._spent -= self._losses.popleft()[1]
        return self._spent + lost <= part * capacity * DAY
