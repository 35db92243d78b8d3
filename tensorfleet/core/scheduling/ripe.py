"""Who may be interrupted from when on, sorted by that time, so that nobody is looked at before it matters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice

from sortedcontainers import SortedDict

from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.policy import JobClass, Policy
from tensorfleet.core.scheduling.victims import may_displace

MOST = 500
"""Victims that are weighed for one ask; in a fleet with more of them, the ones that may be interrupted for longest."""


class Victims:
    """Holdings that can be preempted, by class. `near` only narrows down; `may_displace` is the rule."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._rested: list[SortedDict[tuple[float, str], Holding]] = [SortedDict() for _ in JobClass]
        self._ripe: list[SortedDict[tuple[float, str], Holding]] = [SortedDict() for _ in JobClass]

    def add(self, holding: Holding) -> None:
        if holding.ask.preemptible:
            order = holding.ask.job_class.order
            self._rested[order][self._rested_key(holding)] = holding
            self._ripe[order][self._ripe_key(holding)] = holding

    def remove(self, holding: Holding) -> None:
        order = holding.ask.job_class.order
        self._rested[order].pop(self._rested_key(holding), None)
        self._ripe[order].pop(self._ripe_key(holding), None)

    def ready(
        self, ask: Ask, level: int, owed: bool, borrowed: Callable[[Ask], bool], now: float
    ) -> tuple[list[Holding], float]:
        """Those who have to make room for `ask` now, if it helps, and when there may be more."""
        near, wake = self.near(ask.job_class.order, level, owed, now)
        found = []
        for holding in near:
            at = may_displace(ask, level, owed, holding, borrowed(holding.ask), self._policy, now)
            if at is not None and at <= now:
                found.append(holding)
        return found, wake

    def near(self, mine: int, level: int, owed: bool, now: float) -> tuple[list[Holding], float]:
        """Those who may have to make room now for one of the class `mine`, and when the next one might."""
        found: list[Holding] = []
        wake = math.inf
        for order in range(mine, len(self._ripe)):
            if order == mine and level > 0 and not owed:
                continue
            line = (self._ripe if order == mine and not owed else self._rested)[order]
            at_once = mine == 0 or (order == JobClass.SCAVENGER.order and mine < order)
            for key, holding in _by_time(line):
                if len(found) >= MOST:
                    break
                if key[0] > now and not at_once:
                    wake = min(wake, key[0])
                    break
                found.append(holding)
        return found, wake

    def _rested_key(self, holding: Holding) -> tuple[float, str]:
        return holding.started + self._policy.min_run, holding.ask.id

    def _ripe_key(self, holding: Holding) -> tuple[float, str]:
        long_since = holding.started + (self._policy.level - holding.ask.attained) / max(1, holding.ranks)
        return max(holding.started + self._policy.min_run, long_since), holding.ask.id


def _by_time(line: SortedDict[tuple[float, str], Holding]) -> Iterator[tuple[tuple[float, str], Holding]]:
    return islice(line.items(), MOST + 1)
