"""When a job that waits will start: a replay of the queue on guessed run times, and what limits alone promise.

Run times are guessed from what is known without asking anybody: a job with a limit takes 0.3 of it (the median of what
users overstate, Mu'alem and Feitelson, "Utilization, predictability, workloads, and user runtime estimates", 2001), one
without goes on for as long as it has run already (run times are heavy-tailed). The band replays the same with run
times far shorter and far longer.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, replace

from tensorfleet.core.gang import give
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.ledger import Ledger
from tensorfleet.core.scheduling.scheduler import Scheduler

OVERSTATED = 0.3
"""The part of its limit that a job is taken to run."""

UNKNOWN = 3600.0
"""Seconds that a job without a limit is taken to run that has not begun, and at least those of one that has."""

BAND = (0.1, 1.0, 6.0)
"""By how much run times are shorter or longer at the edges of the band and in its middle."""

WIDER = (0.25, 1.0, 2.0)
"""The band where somebody has no limit: newcomers go before those who had much, and nobody knows who will come."""

AHEAD = 200
"""Jobs before it in the line that are replayed; behind more of them nothing is foretold."""

HOLDINGS = 1000
"""Running jobs that are replayed at most."""

STEPS = 600
"""Ends of jobs that are replayed at most."""

SETTLE = 20
"""Passes at one instant, at most."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Unix seconds, or None where nothing can be said. not_before: the earliest that is likely (p10). likely: p50.
    late: p90. no_later_than: what limits alone promise, while no node fails, nobody of a higher class comes and no
    administrator acts."""

    not_before: float | None
    likely: float | None
    late: float | None
    no_later_than: float | None


class Snapshot:
    """What a forecast needs, copied, so that it may be worked out while the scheduler goes on."""

    def __init__(self, ask: Ask, scheduler: Scheduler, now: float) -> None:
        promise = scheduler.promises.get(ask.id)
        self._promised = promise.at if promise and not promise.claim and promise.at < math.inf else None
        self._ask, self._now, self._policy = ask.id, now, scheduler.policy
        self._calendar = scheduler.calendar
        self._ledger = Ledger(scheduler.policy)
        self._ledger.take_over(scheduler.ledger, now)
        # Of a fleet that is too large nothing is foretold, so nothing of it is copied.
        self._small = len(scheduler.holdings) <= HOLDINGS
        self._holdings = [_copied(each) for each in scheduler.holdings.values()] if self._small else []
        self._places = dict(scheduler.grid.places)
        self._ahead: list[Ask] = []
        for each in scheduler.line.in_order(scheduler.standings(now)):
            self._ahead.append(replace(each))
            if each.id == ask.id or len(self._ahead) > AHEAD:
                break

    def forecast(self) -> Forecast:
        """When it will start. Takes up to seconds."""
        starts = [self._replayed(factor) for factor in BAND]
        if any(not each.limit for each in (*self._ahead, *(held.ask for held in self._holdings))):
            # What is set aside is so until its hour, however soon those who run are done.
            opens = (self._replayed(0.0) if self._calendar else None) or self._now
            starts = [
                each and opens + max(0.0, each - opens) * width for each, width in zip(starts, WIDER, strict=True)
            ]
        if self._promised is not None:
            starts = [self._promised if each is None else min(each, self._promised) for each in starts]
        early, likely, late = starts
        return Forecast(early, likely, late, self._promised)

    def _replayed(self, factor: float) -> float | None:
        """When it starts if run times are `factor` times what is guessed."""
        if not self._small or self._ahead[-1].id != self._ask:
            return None
        copy = self._scheduler()
        at = self._now
        ends = [(at + _left(each, factor, at), each.ask.id) for each in self._holdings]
        heapq.heapify(ends)
        for _ in range(STEPS):
            for _ in range(SETTLE):
                decision = copy.decide(at)
                for begun, _, _ in decision.starts:
                    if begun.id == self._ask:
                        return at
                    heapq.heappush(ends, (at + _whole(begun, factor), begun.id))
                gone = [name for name, _ in (*decision.leave, *decision.resize)]
                for back in filter(None, [copy.ended(name, at) for name in gone]):
                    copy.enqueue(back)
                if not gone:
                    break
            if copy.wake < (ends[0][0] if ends else math.inf):
                at = max(at + 1.0, copy.wake)
                continue
            if not ends:
                return None
            at, name = heapq.heappop(ends)
            copy.ended(name, at)
        return None

    def _scheduler(self) -> Scheduler:
        """As it was, with the line up to the one that is asked about."""
        copy = Scheduler(self._policy)
        copy.calendar = self._calendar
        copy.ledger.take_over(self._ledger, self._now)
        left = dict(self._places)
        for each in self._holdings:
            for share in each.shares:
                if share.node in left:
                    node, free = left[share.node]
                    left[share.node] = (node, give(node, free, share, each.request))
        for node, free in left.values():
            copy.put_node(node, free)
        for each in self._holdings:
            copy.started(_copied(each), self._now)
        for ask in self._ahead:
            copy.enqueue(replace(ask))
        return copy


def _copied(holding: Holding) -> Holding:
    return replace(holding, ask=replace(holding.ask))


def _left(holding: Holding, factor: float, now: float) -> float:
    """Seconds until it ends."""
    ran = max(0.0, now - holding.started)
    if holding.leaving:
        return 0.0
    if not holding.ask.limit:
        return factor * max(ran, UNKNOWN)
    rest = max(0.0, holding.ask.limit - ran)
    return min(rest, factor * max(OVERSTATED * holding.ask.limit - ran, OVERSTATED * rest))


def _whole(ask: Ask, factor: float) -> float:
    """Seconds that one runs who has not begun."""
    if not ask.limit:
        return factor * max(UNKNOWN, ask.attained / max(1, ask.least))
    return min(ask.limit, factor * OVERSTATED * ask.limit)
