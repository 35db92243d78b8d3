"""Sessions between an agent and the head, as TCP gives them: in order, late at times, cut in one direction or both.

What is under way when a session breaks is lost. A cut holds bytes back until it is healed or the session is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tensorfleet.sim.timeline import Timeline

USUAL = (0.0005, 0.01)
SLOW = (0.5, 15.0)
"""Seconds for a message, usually and at bad times."""

TWICE = 0.06
"""How often a message comes once more, late, within its session. No stream does that; the brains are to bear it."""

LATE = 15.0
"""Seconds until then, at most."""


class Pipe:
    """One direction. While `cut`, nothing gets through; what was sent meanwhile comes when it is healed."""

    def __init__(self, timeline: Timeline, chance: Random) -> None:
        self._timeline = timeline
        self._chance = chance
        self._last = 0.0
        self._held: list[Callable[[], None]] = []
        self.cut = False
        self.slow = 0.0

    def send(self, deliver: Callable[[], None]) -> None:
        if self.cut:
            self._held.append(deliver)
            return
        span = SLOW if self._chance.random() < self.slow else USUAL
        at = max(self._last, self._timeline.now + self._chance.uniform(*span))
        self._last = at
        self._timeline.after(at - self._timeline.now, lambda: self._arrive(deliver))

    def send_and_perhaps_again(self, deliver: Callable[[], None]) -> None:
        self.send(deliver)
        if self._chance.random() < TWICE:
            self._timeline.after(self._chance.uniform(0.0, LATE), lambda: self.send(deliver))

    def _arrive(self, deliver: Callable[[], None]) -> None:
        if self.cut:
            self._held.append(deliver)
        else:
            deliver()

    def heal(self) -> None:
        self.cut = False
        held, self._held = self._held, []
        for deliver in held:
            self.send(deliver)


class Link:
    """Both directions between one machine and the head; they outlive sessions."""

    def __init__(self, timeline: Timeline, chance: Random) -> None:
        self.up = Pipe(timeline, chance)
        self.down = Pipe(timeline, chance)
