"""How long the scheduler's passes took, and what came of them, since the head started."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from tensorfleet.core.actions import Action, Emit

BOUNDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)
"""Seconds."""


class PassTimes:
    """counts: passes by the bound that they stayed below, the rest last. seconds: of all of them. placed: attempts that
    were begun. preempted: jobs that had to make room."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.placed = 0
        self.preempted = 0

    def note(self, seconds: float, actions: Iterable[Action]) -> None:
        """One pass was done, and decided `actions`."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds
        kinds = [action.event.kind for action in actions if isinstance(action, Emit)]
        self.placed += kinds.count("job.starting")
        self.preempted += kinds.count("job.preempted")
