"""How large elastic jobs should be: everybody gets the least, then GPUs go where they speed a job up the most.

Greedy by relative marginal speed-up per GPU, (S(n+k)/S(n) - 1)/k, which for concave S maximises the weighted sum of
the logarithms of the speeds (proportional fairness; Kelly, "Charging and rate control for elastic traffic", 1997). No
run time need be known: a job weighs the less the more service it has had, because those with little are likely to end
sooner (measured in docs/scheduling.md).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.policy import Policy

WINDOW = 600.0
"""Seconds within which a change of size has to pay."""


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


def gain(holding: Holding, size: int) -> float:
    """The logarithm of how many times faster it is on `size` ranks."""
    speed = holding.ask.speed or {}
    return math.log(speed[size] / speed[holding.ranks])


def pays(gains: Iterable[float], interrupted: int, policy: Policy) -> bool:
    """Whether changes with these gains bring enough, within the window, for so many interruptions."""
    return sum(gains) * WINDOW > policy.resize_gain * policy.restart_cost * interrupted
