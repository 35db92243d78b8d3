"""What is in store for a job that waits, or for one that nobody has submitted yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tensorfleet.core import explain
from tensorfleet.core.asks import ask_of
from tensorfleet.core.behind import stopped_at
from tensorfleet.core.changes import Change
from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.forecast import Snapshot
from tensorfleet.core.holders import holders
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import Job, Share
from tensorfleet.core.remedy import remedy
from tensorfleet.core.wait import Wait, WaitCode


@dataclass(frozen=True, slots=True)
class Outlook:
    """shares: where it would start now; then the rest says nothing. snapshot: to work out when it will start."""

    wait: Wait
    shares: tuple[Share, ...] = ()
    remedy: Change | None = None
    snapshot: Snapshot | None = None


STARTS = Wait(WaitCode.NONE, "It would start at once.")


def outlook(job: Job, fleet: Fleet, dispatch: Dispatch, now: Now) -> Outlook:
    """Of a job that lives."""
    who = partial(holders, dispatch, fleet)
    wait, ask = explain.why(job, fleet, dispatch, now, who), dispatch.scheduler.line.asks.get(job.id)
    if ask is None:
        return Outlook(wait)
    at = dispatch.clock(now)
    return Outlook(wait, (), remedy(job, ask, dispatch.scheduler, at), Snapshot(ask, dispatch.scheduler, at))


def preview(probe: Job, fleet: Fleet, dispatch: Dispatch, now: Now) -> Outlook:
    """Of `probe`, if it were submitted now. Nothing of it is left behind."""
    scheduler, at = dispatch.scheduler, dispatch.clock(now)
    dispatch.sync(now)
    ask = ask_of(probe, scheduler.policy)
    ask.since = at
    scheduler.calendar.mark(ask, at)
    shares = None if scheduler.capped(ask, at) else scheduler.seat(ask, at)
    scheduler.line.add(ask, 0)
    try:
        if shares and stopped_at(ask, scheduler, at) is None:
            return Outlook(STARTS, shares)
        wait = explain.reason(ask, probe.spec.request, fleet, dispatch, now, partial(holders, dispatch, fleet))
        return Outlook(wait, (), remedy(probe, ask, scheduler, at), Snapshot(ask, scheduler, at))
    finally:
        scheduler.line.remove(ask.id)
