"""How large elastic jobs should be: everybody gets the least, then GPUs go where they speed a job up the most.

Greedy by relative marginal speed-up per GPU, (S(n+k)/S(n) - 1)/k, which for concave S maximises the weighted sum of
the logarithms of the speeds (proportional fairness; Kelly, "Charging and rate control for elastic traffic", 1997). No
run time need be known: a job weighs the less the more service it has had, because those with little are likely to end
sooner (measured in docs/scheduling.md).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.policy import Policy

WINDOW = 600.0
"""Seconds within which a change of size has to pay."""


SETTLED = 60.0
"""Seconds that a job runs at least before its size is changed; `resize_every` where that is less."""


@dataclass(slots=True)
class _Climb:
    """One ask on its way up. options: numbers of ranks it can have, ascending."""

    ask: Ask
    weight: float
    speed: Mapping[int, float]
    options: list[int]
    size: int

    def step(self) -> tuple[float, int] | None:
        """The best step up: its weighted gain per rank, and the size it leads to."""
        larger = [each for each in self.options if each > self.size]
        if not larger:
            return None
        now = self.speed[self.size]
        won, fewest = max(((self.speed[each] / now - 1) / (each - self.size), -each) for each in larger)
        return (won * self.weight, -fewest) if won > 0 else None


def targets(asks: Iterable[tuple[Ask, float]], total: int) -> dict[str, int]:
    """How many ranks each ask, with its weight, is to have of `total`. Whoever does not even get its least, in the
    order of `asks`, gets 0."""
    climbs: list[_Climb] = []
    sizes: dict[str, int] = {}
    for ask, weight in asks:
        sizes[ask.id] = size = ask.least if ask.least <= total else 0
        total -= size
        if size:
            speed = ask.speed or {}
            climbs.append(_Climb(ask, weight, speed, sorted(speed), size))
    steps = [(-step[0], number, step[1]) for number, each in enumerate(climbs) if (step := each.step())]
    heapq.heapify(steps)
    while steps and total > 0:
        _, number, size = heapq.heappop(steps)
        climb = climbs[number]
        if size - climb.size > total:
            continue
        total -= size - climb.size
        climb.size = sizes[climb.ask.id] = size
        step = climb.step()
        if step:
            heapq.heappush(steps, (-step[0], number, step[1]))
    return sizes


def weight(attained: float, policy: Policy) -> float:
    """What the speed of a job counts that has had `attained` rank-seconds."""
    return 1.0 / (1.0 + max(0.0, attained) / policy.level) if policy.level else 1.0


def keeps(holding: Holding, now: float) -> bool:
    """Whether a change of its size would not throw away all it did."""
    return holding.started == now or holding.saved > holding.started


def gain(holding: Holding, size: int) -> float:
    """The logarithm of how many times faster it is on `size` ranks."""
    speed = holding.ask.speed or {}
    return math.log(speed[size] / speed[holding.ranks])


def pays(gains: Iterable[float], interrupted: int, policy: Policy) -> bool:
    """Whether changes with these gains bring enough, within the window, for so many interruptions."""
    return sum(gains) * WINDOW > policy.resize_gain * policy.restart_cost * interrupted


def moves(
    able: Sequence[Holding], waiting: Sequence[Ask], free: int, policy: Policy, now: float
) -> list[tuple[Holding, int]]:
    """Whose size is to change, and to what: those who are just starting, those whose ranks are missing for somebody
    who waits, and the others where that pays. able: elastic ones whose size may be changed. free: ranks that are."""
    rigid = sum(ask.least for ask in waiting if not ask.speed)
    total = free + sum(each.ranks for each in able) - rigid
    asks = [*(each.ask for each in able), *(ask for ask in waiting if ask.speed)]
    had = {each.ask.id: each.attained(now) for each in able}
    wanted = targets([(ask, weight(had.get(ask.id, 0.0), policy)) for ask in asks], total)
    missing = rigid + sum(wanted[ask.id] for ask in waiting if ask.speed) - free
    found = [each for each in able if wanted[each.ask.id] not in (0, each.ranks)]
    told = {each.ask.id for each in found if each.started == now}
    for each in sorted(found, key=lambda each: (-gain(each, wanted[each.ask.id]), each.ask.id)):
        if missing > 0 and wanted[each.ask.id] < each.ranks and each.started < now:
            missing -= each.ranks - wanted[each.ask.id]
            told.add(each.ask.id)
    rest = [each for each in found if each.ask.id not in told or each.started == now]
    if pays([gain(each, wanted[each.ask.id]) for each in rest], sum(each.started < now for each in rest), policy):
        told |= {each.ask.id for each in rest}
    return [(each, wanted[each.ask.id]) for each in found if each.ask.id in told]
