"""Jobs that may not start yet, whatever is free: somebody holds them, or they wait for another job, or for
their next try."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import Hold, Job
from tensorfleet.core.wait import Wait, WaitCode


def held(job: Job, fleet: Fleet, now: Now) -> Wait | None:
    """What keeps `job` out of the line; None where nothing does."""
    if job.held:
        return _by_people(job.held, job)
    if job.waits_for:
        return _for_others(job, fleet)
    if (left := fleet.backoff.get(job.id, 0.0) - now.mono) > 0:
        text = f"Failed more than once; it is tried again in {math.ceil(left)} s."
        return Wait(WaitCode.BACKOFF, text, f"`tensorfleet show {job.id}` tells what went wrong.")
    return None


def _by_people(hold: Hold, job: Job) -> Wait:
    at = datetime.fromtimestamp(hold.at, UTC)
    text = f"{hold.by} holds it, since {at:%Y-%m-%d %H:%M} UTC."
    return Wait(WaitCode.HELD, text, f"`tensorfleet queue release {job.id}` lets it go.")


def _for_others(job: Job, fleet: Fleet) -> Wait:
    other = fleet.jobs.get(job.waits_for[0])
    name = f"{other.spec.name} ({other.id})" if other else job.waits_for[0]
    more = f", and for {len(job.waits_for) - 1} more" if len(job.waits_for) > 1 else ""
    return Wait(WaitCode.DEPENDENCY, f"Waits for {name} to succeed{more}.")
