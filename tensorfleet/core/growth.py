"""Elastic jobs that run on fewer nodes than they would like go back to more, once those are free and nobody waits."""

from __future__ import annotations

from collections.abc import Mapping

from tensorfleet.core.attempts import current
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.inputs import Now, Pause
from tensorfleet.core.job import Job, JobState
from tensorfleet.core.schedule import Wait

SETTLED = 60.0
"""Seconds an attempt has to run, and to have left a checkpoint, before it is worth an interruption."""


def grow(fleet: Fleet, waits: Mapping[str, Wait], now: Now) -> Pause | None:
    """The wish to place one job anew, on more nodes. One at a time: the next is judged by what it leaves."""
    for job in fleet.placed():
        if not _may_grow(job, now) or any(_competes(fleet, other, job) for other in waits):
            continue
        shares = seat_gang(list(fleet.places(now, without=job.id).values()), job.spec.request)
        if shares and len(shares) > len(current(job).shares):
            return Pause(job.id, "the platform", requeue=True)
    return None


def _may_grow(job: Job, now: Now) -> bool:
    request, attempt = job.spec.request, current(job)
    return (
        job.state is JobState.RUNNING
        and bool(request.min_nodes)
        and len(attempt.shares) < request.nodes
        and now.wall - attempt.started >= SETTLED
        and any(each.whole and each.attempt == attempt.number for each in job.checkpoints)
    )


def _competes(fleet: Fleet, other: str, job: Job) -> bool:
    """Whether the waiting job `other` would take what `job` could grow into."""
    waiting = fleet.jobs.get(other)
    return (
        waiting is not None
        and not waiting.waits_for
        and not waiting.held
        and waiting.spec.request.kind is job.spec.request.kind
    )
