"""Jobs that may not start yet, whatever is free: somebody holds them, or they wait for another job, or for
their next try."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import Hold, Job
from tensorfleet.core.schedule import Wait, WaitCode


def held(line: Sequence[Job], fleet: Fleet, now: Now) -> dict[str, Wait]:
    """Those of `line`, with the reason."""
    found = {}
    for job in line:
        if job.held:
            found[job.id] = _by_people(job.held, job)
        elif job.waits_for:
            found[job.id] = _for_others(job, fleet)
        elif (left := fleet.backoff.get(job.id, 0.0) - now.mono) > 0:
            text = f"Failed more than once; it is tried again in {math.ceil(left)} s."
            found[job.id] = Wait(WaitCode.BACKOFF, text, f"`tensorfleet show {job.id}` tells what went wrong.")
    return found


def _by_people(hold: Hold, job: Job) -> Wait:
    at = datetime.fromtimestamp(hold.at, UTC)
    text = f"{hold.by} holds it, since {at:%Y-%m-%d %H:%M} UTC."
    return Wait(WaitCode.HELD, text, f"`tensorfleet queue release {job.id}` lets it go.")


def _for_others(job: Job, fleet: Fleet) -> Wait:
    other = fleet.jobs.get(job.waits_for[0])
    name = f"{other.spec.name} ({other.id})" if other else job.waits_for[0]
    more = f", and for {len(job.waits_for) - 1} more" if len(job.waits_for) > 1 else ""
    return Wait(WaitCode.DEPENDENCY, f"Waits for {name} to succeed{more}.")
