"""Which nodes are set aside for whom, and when that changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.booking import Booking, admits, closed_until


class Calendar:
    """The bookings of a fleet, by node. Times are unix seconds of the scheduler's clock, which no step of the wall
    clock moves; those in bookings are of the wall clock, because people mean that."""

    def __init__(self, bookings: Iterable[Booking] = (), ahead: float = 0.0) -> None:
        """ahead: seconds that the wall clock is before the scheduler's."""
        self.ahead = ahead
        self._by_node: dict[str, list[Booking]] = {}
        for booking in bookings:
            for node in booking.nodes:
                self._by_node.setdefault(node, []).append(booking)

    def __bool__(self) -> bool:
        """Whether anything is booked."""
        return bool(self._by_node)

    def shut(self, ask: Ask, now: float) -> frozenset[str]:
        """Nodes on which `ask` may not start now: they are closed to it, or will be before its limit is over. One
        that can be interrupted may start on a node that closes later, and makes room then."""
        now += self.ahead
        ends = _ends(ask, now)
        found = set()
        for node, bookings in self._by_node.items():
            opened, until = closed_until(bookings, now, ask.team, ask.user, ask.job_class.value)
            if not opened or until < ends:
                found.add(node)
        return frozenset(found)

    def mark(self, ask: Ask, now: float) -> None:
        """Notes from which nodes `ask` is kept now: those that failed it, and those that are shut to it."""
        ask.shunned = ask.bad | self.shut(ask, now) if self else ask.bad

    def keeping_out(self, ask: Ask, now: float) -> list[Booking]:
        """The bookings for which `ask` may not start now on some node, the one that ends first in front."""
        now += self.ahead
        ends = _ends(ask, now)
        shut = {
            each.id: each
            for bookings in self._by_node.values()
            for each in bookings
            if each.end > now
            and (each.start <= now or each.start < ends)
            and not admits(each, ask.team, ask.user, ask.job_class.value)
        }
        return sorted(shut.values(), key=lambda each: (each.end, each.id))

    def closes(self, ask: Ask, nodes: Iterable[str], now: float) -> bool:
        """Whether one of `nodes`, on which `ask` runs, is set aside for others now."""
        return any(
            each.holds(now + self.ahead) and not admits(each, ask.team, ask.user, ask.job_class.value)
            for node in nodes
            for each in self._by_node.get(node, ())
        )

    def next_change(self, now: float) -> float:
        """When the next booking begins or ends."""
        return min((at for at in self._times() if at > now), default=math.inf)

    def _times(self) -> Iterator[float]:
        for bookings in self._by_node.values():
            for each in bookings:
                yield from (each.start - self.ahead, each.end - self.ahead)


def _ends(ask: Ask, now: float) -> float:
    """Until when it needs its nodes, if it starts now. One that can be interrupted needs them for no time at all."""
    return now + ask.limit if ask.limit else (now if ask.preemptible else math.inf)
