"""What one walk along the line has found out, so that it asks nothing twice.

While it goes on, room only becomes less: jobs start, and places are promised. So what had no place has none later, and
neither has what would take longer. Only a promise that comes true lets nodes go; then what was held back for it is
asked again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.grid import Grid
from tensorfleet.core.scheduling.ledger import Ledger
from tensorfleet.core.scheduling.line import Group, Line

ENDLESS = 1e18
"""Seconds that stand for no limit, still below infinity."""


@dataclass(slots=True)
class Shape:
    """One shape of gang. possible: on these nodes, all empty. full: it has no place, whatever is promised. stuck: who
    takes at least this many seconds has none beside what is promised. fits: there was one but for the promises, after
    so many starts as `at` says."""

    possible: bool
    full: bool = False
    stuck: float = math.inf
    fits: bool = True
    at: int = -1

    def hopeless(self, ask: Ask, kept: bool) -> bool:
        """Whether one like `ask` had no place. kept: one was promised to `ask` itself."""
        return self.full or (not kept and (ask.limit or ENDLESS) >= self.stuck)


@dataclass(slots=True)
class Sight:
    """shapes: by their number in the line. vain: for whom nobody makes room and nothing could be promised: shape,
    class, level and team, and whether something is owed to them. alike: the same for all teams, after so many starts
    (who starts with a limit makes promises possible)."""

    grid: Grid
    shapes: dict[int, Shape] = field(default_factory=dict)
    vain: set[tuple[int, int, int, str, bool]] = field(default_factory=set)
    alike: set[tuple[int, int, int, bool, int]] = field(default_factory=set)

    def of(self, group: Group) -> Shape:
        shape = self.shapes.get(group.shape)
        if shape is None:
            shape = self.shapes[group.shape] = Shape(self.grid.could_ever(group.request))
        return shape

    def fits(self, group: Group, starts: int) -> bool:
        """Whether there is a place for the gangs of `group`, but for what is promised."""
        shape = self.of(group)
        if shape.at != starts:
            shape.at = starts
            shape.fits = self.grid.fits(group.request)
        return shape.fits

    def held_back(self, ask: Ask, group: Group, kept: bool, promises: bool, starts: int) -> bool:
        """`ask` had no place. Whether it would have one but for the promises. starts: so far, in this pass."""
        shape = self.shapes[group.shape]
        if shape.full:
            return False
        if promises and self.fits(group, starts):
            if not kept and not ask.shunned:
                shape.stuck = min(shape.stuck, ask.limit or ENDLESS)
            return True
        shape.full = not ask.shunned
        return False

    def idle(self, group: Group, owed: bool, starts: int) -> bool:
        """Whether nobody made room for any team's gang like those of `group`, and nothing could be promised."""
        return (group.shape, group.order, group.level, owed, starts) in self.alike

    def in_vain(self, ask: Ask, group: Group, kept: bool, ledger: Ledger, starts: int) -> bool:
        """Whether nobody made room for one who had the same rights as `ask`."""
        owed = ledger.owed(ask)
        mine = (group.shape, ask.job_class.order, group.level, group.team, owed)
        if mine in self.vain:
            return True
        if kept or not self.alike or not _plain(ask) or (*mine[:3], owed, starts) not in self.alike:
            return False
        self.vain.add(mine)
        return True

    def note_vain(self, ask: Ask, group: Group, ledger: Ledger, starts: int) -> None:
        """Nobody makes room for `ask`."""
        owed = ledger.owed(ask)
        self.vain.add((group.shape, ask.job_class.order, group.level, group.team, owed))
        if _plain(ask):
            self.alike.add((group.shape, ask.job_class.order, group.level, owed, starts))

    def some_shorter(self, group: Group, line: Line, promised: Iterable[str]) -> bool:
        """One of `group` was held back. Whether another of it may have a place: because it takes less long, or is
        among the `promised`."""
        stuck = self.shapes[group.shape].stuck
        return min(line.shortest(group.shape), ENDLESS) < stuck or any(
            line.group_of(each) is group for each in promised
        )

    def released(self) -> None:
        """A promise came true, and what is left of its nodes is not kept any more: the next in line may be promised a
        place in its stead."""
        self.vain.clear()
        self.alike.clear()
        for shape in self.shapes.values():
            shape.stuck = math.inf


def _plain(ask: Ask) -> bool:
    """Whether nothing but its shape, class and team decides what it may have."""
    return ask.pinned is None and not ask.shunned and not ask.size
