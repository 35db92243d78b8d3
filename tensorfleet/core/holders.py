"""Who has what somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.job import Job
from tensorfleet.core.scheduling.ask import Holding
from tensorfleet.core.wait import Holder

NAMED = 10
"""Holders that are named, the largest first."""


def holders(dispatch: Dispatch, fleet: Fleet, wanted: Callable[[Holding], bool]) -> tuple[Holder, ...]:
    """The jobs whose holdings are `wanted`."""
    found = [each for each in dispatch.scheduler.holdings.values() if wanted(each)]
    found.sort(key=lambda each: (-each.ranks, each.started, each.ask.id))
    return tuple(_holder(each, job) for each in found[:NAMED] if (job := fleet.jobs.get(each.ask.id)))


def named(found: Iterable[Holder]) -> str:
    """`bert (j1) of ada, 8 ranks; …`"""
    return "; ".join(
        f"{each.name} ({each.job}) of {each.owner}, {each.ranks} rank{'' if each.ranks == 1 else 's'}" for each in found
    )


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
