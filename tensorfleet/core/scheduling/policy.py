"""The settings of the queue: weights and limits, each with its default and its unit.

An administrator changes them at run time (`tensorfleet queue policy`); a policy is validated as a whole, so that
nothing is applied by halves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tensorfleet.errors import InvalidRequest

HOUR = 3600.0
DAY = 86400.0


class JobClass(StrEnum):
    """How much a job matters. A higher class goes first and may take the place of a lower one that can be preempted;
    a scavenger can always be."""

    URGENT = "urgent"
    NORMAL = "normal"
    BATCH = "batch"
    SCAVENGER = "scavenger"

    @property
    def order(self) -> int:
        """0 for urgent to 3 for scavenger: lower goes first."""
        return _ORDER[self]


_ORDER = {each: order for order, each in enumerate(JobClass)}


class Discipline(StrEnum):
    """FIFO: strictly in order, nobody overtakes. EASY: others overtake where that delays nobody in front (Lifka,
    "The ANL/IBM SP scheduling system", 1995). DEFAULT: that, fair share, and preemption by attained service."""

    FIFO = "fifo"
    EASY = "easy"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Slice:
    """What a team, or a user within a team, is entitled to.

    share: weight against the others that have work. guarantee: GPUs it gets back from those who borrowed them, as soon
    as it has work. cap: GPUs it may hold at once; None for no cap.
    """

    share: float = 1.0
    guarantee: int = 0
    cap: int | None = None


PLAIN = Slice()
"""What somebody is entitled to who is not named."""


@dataclass(frozen=True, slots=True)
class Policy:
    """All settings. Times are in seconds.

    teams: by name; a team that is not named has `Slice()`. users: by `team/user`.
    half_life: after which GPU time used counts half against its user's share.
    ahead: seconds of what somebody holds now that count as used already, so that shares hold within a pass.
    level: GPU-seconds of attained service after which a job belongs to the long ones (Gu et al., "Tiresias", NSDI
    2019). preemption: whether running jobs are interrupted for others at all.
    min_run: how long a job runs at least before another of its class may take its place.
    grace: how long an interrupted job gets for its checkpoint. restart_cost: what an interruption costs each GPU.
    most_preemptions: for one job within a day. loss_budget: part of the fleet's GPU time of a day that interruptions
    may cost. boost: how far a user's priority of 0 or 100 shifts a job among its own, in seconds of waiting.
    starvation: waiting time of each class after which a job goes before all others. starving_share: part of the fleet
    that such jobs may have at once; without it, an overloaded fleet would know nothing but starving jobs.
    patience: how many times as long a job waits that has had its first level of service and was interrupted.
    backfill_depth: jobs that are tried behind a blocked one, in one pass.
    weights: what a GPU-second counts, by a part of the model's name; 1 for others. slot_weight: what a second of a CPU
    slot counts.
    resize_every: seconds between two changes of an elastic job's size. resize_gain: how many times its cost a change
    has to bring within the next ten minutes.
    """

    discipline: Discipline = Discipline.DEFAULT
    teams: Mapping[str, Slice] = field(default_factory=lambda: MappingProxyType({}))
    users: Mapping[str, Slice] = field(default_factory=lambda: MappingProxyType({}))
    half_life: float = 7 * DAY
    ahead: float = HOUR
    level: float = 8 * HOUR
    preemption: bool = True
    min_run: float = 0.5 * HOUR
    grace: float = 60.0
    restart_cost: float = 60.0
    most_preemptions: int = 8
    loss_budget: float = 0.01
    boost: float = 6 * HOUR
    starvation: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"urgent": 4 * HOUR, "normal": 24 * HOUR, "batch": 72 * HOUR, "scavenger": 7 * DAY}
        )
    )
    starving_share: float = 0.25
    patience: float = 28.0
    backfill_depth: int = 100
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    slot_weight: float = 0.05
    resize_every: float = 1200.0
    resize_gain: float = 1.0

    def team(self, name: str) -> Slice:
        return self.teams.get(name) or PLAIN

    def user(self, team: str, name: str) -> Slice:
        return self.users.get(f"{team}/{name}") or PLAIN

    def weight(self, model: str) -> float:
        """What a second of a GPU of `model` counts."""
        low = model.lower()
        return next((weight for part, weight in self.weights.items() if part.lower() in low), 1.0)


def check_policy(policy: Policy) -> None:
    """Raises InvalidRequest that names the setting and what would be valid."""
    for name in (
        "half_life",
        "ahead",
        "level",
        "min_run",
        "grace",
        "restart_cost",
        "boost",
        "resize_every",
        "patience",
        "slot_weight",
    ):
        _at_least(name, getattr(policy, name), 1.0 if name == "half_life" else 0.0)
    _at_least("most_preemptions", policy.most_preemptions, 0)
    _at_least("backfill_depth", policy.backfill_depth, 1)
    _at_least("resize_gain", policy.resize_gain, 0)
    if not 0 <= policy.loss_budget <= 1:
        raise InvalidRequest(f"loss_budget is {policy.loss_budget:g}; it is a part of the GPU time, from 0 to 1.")
    if not 0 <= policy.starving_share <= 1:
        raise InvalidRequest(f"starving_share is {policy.starving_share:g}; it is a part of the fleet, from 0 to 1.")
    for name, seconds in policy.starvation.items():
        if name not in tuple(JobClass):
            raise InvalidRequest(f"starvation names the class `{name}`; there are {', '.join(JobClass)}.")
        _at_least(f"starvation.{name}", seconds, 1.0)
    for name, weight in policy.weights.items():
        _at_least(f"weights.{name}", weight, 0.0)
    if policy.weights and not sum(policy.weights.values()) > 0:
        raise InvalidRequest("The weights sum to nothing, so nobody's use would count.", "Give one above 0.")
    for where, slices in (("teams", policy.teams), ("users", policy.users)):
        for name, each in slices.items():
            _check_slice(f"{where}.{name}", each)
        if slices and not sum(each.share for each in slices.values()) > 0:
            raise InvalidRequest(f"The shares of {where} sum to nothing.", "Give one above 0.")


def _check_slice(name: str, each: Slice) -> None:
    _at_least(f"{name}.share", each.share, 0.0)
    _at_least(f"{name}.guarantee", each.guarantee, 0)
    if each.cap is not None:
        _at_least(f"{name}.cap", each.cap, 0)
        if each.cap < each.guarantee:
            raise InvalidRequest(f"{name} has a cap of {each.cap}, less than its guarantee of {each.guarantee}.")


def _at_least(name: str, value: float, least: float) -> None:
    if not math.isfinite(value) or value < least:
        raise InvalidRequest(f"{name} is {value:g}; it has to be a number of at least {least:g}.")
