"""The rhythm of a rank's steps, and when it has been silent for too long. Pure.

A hang cannot be told from a long step by looking at one process: but a job that made a step every 0.3 s and has made
none for ten times that, and for twenty seconds, is not computing. The rule is that of a failure detector that learns
its time-out (Chen, Toueg, Aguilera, "On the quality of service of failure detectors", 2002), in its simplest form.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

LEAST_STEPS = 10
"""Steps before the rhythm counts as known; the first are slow, and nobody can say how slow."""

REMEMBERED = 101
"""Step times that the median is taken of."""


@dataclass(slots=True)
class Rhythm:
    """factor: times the median step. floor: seconds that are never too long. All times are of one clock that does not
    jump, in seconds."""

    factor: float
    floor: float
    step: int | None = None
    steps: int = 0
    phases: int = 0
    _last: float = 0.0
    _took: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def progressed(self, now: float, steps: int, step: int | None, seconds: float) -> None:
        """`steps` more were made, which took `seconds` in all by the rank's own clock; `step` is the newest."""
        self._last, self.step = now, step
        if steps > 0:
            self.steps += steps
            self._took.extend([max(0.0, seconds) / steps] * min(steps, REMEMBERED))

    def entered(self, now: float) -> None:
        """The rank declared something long: it counts as progress for as long as it lasts."""
        self.phases += 1
        self._last = now

    def left(self, now: float) -> None:
        self.phases = max(0, self.phases - 1)
        self._last = now

    @property
    def limit(self) -> float:
        """Seconds of silence that are too long; infinite while the rhythm is not known."""
        if self.steps < LEAST_STEPS or self.factor <= 0:
            return float("inf")
        return max(self.floor, self.factor * median(self._took))

    def silence(self, now: float) -> float:
        """Seconds without a step, none while a declared phase goes on."""
        return 0.0 if self.phases else now - self._last

    def is_overdue(self, now: float, share: float = 1.0) -> bool:
        """Whether the silence has lasted `share` of the limit."""
        return self.silence(now) > self.limit * share
