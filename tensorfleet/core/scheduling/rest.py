"""The rest of a walk along the line: whether anything would come of it.

Most walks start somebody early on and then meet only those who have no place. That nobody has one any more is known
from their shapes, of which there are few, and so the walk may end there: what it decides is the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tensorfleet.core.resources import Kind
from tensorfleet.core.scheduling.line import Group
from tensorfleet.core.scheduling.policy import Discipline
from tensorfleet.core.scheduling.promise import Promise, kept_of
from tensorfleet.core.scheduling.sight import ENDLESS, Sight

if TYPE_CHECKING:
    from tensorfleet.core.scheduling.scheduler import Scheduler


class Rest:
    """Of one walk. promised: who was promised a place and was not come to yet."""

    def __init__(self, board: Scheduler, sight: Sight, now: float) -> None:
        self.promised = set(board.promises)
        self._board = board
        self._sight = sight
        self._now = now
        # Elastic ones shrink for whoever waits; guarantees and what is set aside differ from one ask to the next.
        self._plain = not (board.elastic or board.calendar or board.ledger.guaranteed)

    def idle(self, order: int, starts: int) -> bool:
        """Whether nobody from the class `order` on has a place, is made room for, or could be promised a place.
        starts: so far, in this pass."""
        board, sight = self._board, self._sight
        if not self._plain:
            return False
        for group in map(board.line.group_of, self.promised):
            if board.grid.fits(group.request) or not self._settled(group.order, group.level, group.request.kind):
                return False
        for (each, level, _), groups in board.line.sorts.items():
            if each < order:
                continue
            group = next(iter(groups))
            if level < 0 or not self._without(group, each == order, starts):
                return False
            if not (sight.idle(group, False, starts) or self._settled(each, level, group.request.kind)):
                return False
        return True

    def _without(self, group: Group, here: bool, starts: int) -> bool:
        """Whether nobody has a place who asks for what `group` does. here: the walk is at its class; what is found out
        of a lower one does not hold for those still to come of a higher."""
        shape = self._sight.of(group)
        if not shape.possible or shape.full or not self._sight.fits(group, starts):
            return True
        limit = min(self._board.line.shortest(group.shape), ENDLESS)
        if limit >= shape.stuck:
            return True
        rivals = self._rivals(group.order, group.request.kind)
        without = limit > 0 and not self._board.grid.seat(group.request, (), kept_of(rivals, self._now + limit))
        if without and here:
            shape.stuck = limit
        return without

    def _settled(self, order: int, level: int, kind: Kind) -> bool:
        """Whether nobody makes room for such as these now, and no place can be promised to them."""
        board = self._board
        if board.policy.preemption and board.policy.discipline is Discipline.DEFAULT:
            near, wake = board.victims.near(order, level, False, self._now)
            board.wake = min(board.wake, wake)
            if near:
                return False
        if any(self._rivals(order, kind)):
            return True
        return not board.leavers and (not board.ends or board.ends[0][0] == math.inf)

    def _rivals(self, order: int, kind: Kind) -> Iterator[Promise]:
        return (each for each in self._board.promises.values() if each.kind is kind and each.order <= order)
