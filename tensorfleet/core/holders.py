"""Who has what somebody waits for."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.job import Job
from tensorfleet.core.scheduling.ask import Holding
from tensorfleet.core.wait import Holder

Who = Callable[[Callable[[Holding], bool]], tuple[Holder, ...]]
"""Names those whose holdings are wanted."""

NAMED = 10
"""Holders that are named, the largest first."""


def holders(dispatch: Dispatch, fleet: Fleet, wanted: Callable[[Holding], bool]) -> tuple[Holder, ...]:
    """The jobs whose holdings are `wanted`."""
    found = filter(wanted, dispatch.scheduler.holdings.values())
    largest = heapq.nsmallest(NAMED, found, key=lambda each: (-each.ranks, each.started, each.ask.id))
    return tuple(_holder(each, job) for each in largest if (job := fleet.jobs.get(each.ask.id)))


def nobody(wanted: Callable[[Holding], bool]) -> tuple[Holder, ...]:
    """For those who do not ask: to look at all that is held costs milliseconds in a large fleet."""
    return ()


def _holder(holding: Holding, job: Job) -> Holder:
    ends = holding.ends()
    return Holder(
        job.id,
        job.spec.name,
        job.owner,
        job.team,
        holding.ranks,
        tuple(share.node_name for share in holding.shares),
        holding.started,
        ends if ends < float("inf") else None,
    )
