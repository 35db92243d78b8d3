"""Jobs that may not start yet, whatever is free: somebody holds them, or they wait for another job, or for
their next try."""

from __future__ import annotations

import math
from collections import Counter

from tensorfleet.core.describe import listed
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import PLACED, Hold, Job
from tensorfleet.core.naming import clock, job_named
from tensorfleet.core.retry import faults
from tensorfleet.core.verdict import judge
from tensorfleet.core.wait import Wait, WaitCode

NAMED = 4
"""Jobs waited for that are named at most."""


def held(job: Job, fleet: Fleet, now: Now) -> Wait | None:
    """What keeps `job` out of the line; None where nothing does."""
    if job.held:
        return _by_people(job.held, job, now)
    if job.waits_for:
        return _for_others(job, fleet)
    if (left := fleet.backoff.get(job.id, 0.0) - now.mono) > 0:
        return _for_its_next_try(job, left)
    return None


def _by_people(hold: Hold, job: Job, now: Now) -> Wait:
    numbers = {"since": hold.at, "seconds": max(0.0, now.wall - hold.at)}
    text = f"{hold.by} holds it, since {clock(hold.at)}."
    return Wait(WaitCode.HELD, text, f"`tensorfleet queue release {job.id}` lets it go.", numbers=numbers)


def _for_others(job: Job, fleet: Fleet) -> Wait:
    """Those first that have not begun: they are what to look at. Its owner named them, so they are named to all."""
    others = [fleet.jobs.get(each) for each in job.waits_for]
    running = Counter(each is not None and each.state in PLACED for each in others)[True]
    order = sorted(zip(job.waits_for, others, strict=True), key=lambda each: bool(each[1] and each[1].state in PLACED))
    names = [(job_named(name, fleet), f"is {other.state.value}" if other else "is gone") for name, other in order]
    count = len(names)
    if count == 1:
        text = f"Waits for {names[0][0]}, which {names[0][1]}, to succeed."
    else:
        told = [" ".join(each) for each in names]
        told = told if count <= NAMED else [*told[: NAMED - 1], f"{count - NAMED + 1} more"]
        text = f"Waits for {count} jobs to succeed: {listed(told)}."
    return Wait(
        WaitCode.DEPENDENCY,
        text,
        f"`tensorfleet why {order[0][0]}` tells what that one waits for." if running < count else "",
        numbers={"open": count, "running": running},
    )


def _for_its_next_try(job: Job, left: float) -> Wait:
    """left: seconds."""
    last, (count, most) = job.attempts[-1], faults(job)
    again = "again" if count == 1 else f"{count} times in a row"
    return Wait(
        WaitCode.BACKOFF,
        f"It failed {again}: {judge(last).text} Attempt {last.number + 1}, retry {count} of {most}, "
        f"begins in {math.ceil(left)} s.",
        f"`tensorfleet show {job.id}` tells what went wrong.",
        numbers={"seconds": left, "attempt": last.number + 1, "retry": count, "most": most},
    )
