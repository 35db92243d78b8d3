"""Why a job waits, in a word of a closed set and in a sentence with its numbers and names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tensorfleet.core.describe import describe, listed
from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.feasible import largest
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.held import held
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import Job, JobState
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.promise import Promise
from tensorfleet.core.wait import Wait, WaitCode

FREE = Wait(WaitCode.NONE, "It is being considered.")


def why(job: Job, fleet: Fleet, dispatch: Dispatch, now: Now) -> Wait:
    """What keeps `job` from starting; nothing where it does not wait."""
    if job.state is not JobState.QUEUED:
        return Wait(WaitCode.NONE, "")
    wait = held(job, fleet, now)
    if wait is None and job.id not in dispatch.scheduler.line:
        wait = throttled(job, fleet)
    if wait is None:
        ask = dispatch.scheduler.line.asks.get(job.id)
        wait = reason(ask, job.spec.request, fleet, dispatch, now) if ask else FREE
    return replace(wait, position=dispatch.position(job.id, now))


def throttled(job: Job, fleet: Fleet) -> Wait | None:
    """Where its array keeps it back."""
    if not job.spec.array or not job.spec.array.most or job.id not in fleet.jobs:
        return None
    text = f"{job.spec.array.most} jobs of its array run already, and no more are to run at once."
    return Wait(WaitCode.ARRAY, text)


def reason(ask: Ask, wish: Request, fleet: Fleet, dispatch: Dispatch, now: Now) -> Wait:
    """What keeps `ask`, which could be in line, from starting at this moment. The first of the codes that applies.
    wish: what was asked for, in the words of its owner."""
    scheduler = dispatch.scheduler
    grid, request = scheduler.grid, ask.of_size(ask.least)
    if not grid.places:
        waking = any(fleet.nodes.values())
        text = "No node takes work now." if waking else "No node has joined this fleet yet."
        hint = "See `tensorfleet nodes`." if waking else "Start one with `tensorfleet agent` on a machine with GPUs."
        return Wait(WaitCode.NO_NODES, text, hint)
    if not grid.could_ever(request):
        nodes = [node for node, _ in grid.places.values()]
        return Wait(
            WaitCode.IMPOSSIBLE,
            f"Asks for {describe(wish)}, more than the nodes that are online have: {largest(nodes, wish)}.",
            "Ask for less, or bring more nodes online.",
        )
    if scheduler.ledger.capped(ask):
        return _capped(ask, dispatch)
    if grid.seat(request, ask.shunned) is None:
        return Wait(
            WaitCode.NO_CAPACITY,
            f"Asks for {describe(wish)}; free are {grid.total(request)}, at most {grid.most(request)} on one node.",
            "It starts when running jobs end; `tensorfleet ps` lists them.",
        )
    if scheduler.seat(ask, dispatch.clock(now)) is None:
        kept = [each for each in scheduler.rivals(ask) if each.ask != ask.id]
        if kept:
            return _reserved(kept[0], fleet)
    first = next(scheduler.in_order(dispatch.clock(now)), None)
    if first is None or first.id == ask.id:
        return FREE
    return Wait(WaitCode.BEHIND, f"Waits behind {_name(first.id, fleet)}, which is first in line.")


def _capped(ask: Ask, dispatch: Dispatch) -> Wait:
    ledger, policy = dispatch.scheduler.ledger, dispatch.scheduler.policy
    user, cap, has = f"{ask.team}/{ask.user}", policy.team(ask.team).cap, ledger.held(ask.team, ask.request.kind)
    who = f"The team {ask.team}"
    if cap is None or has + ask.least <= cap:
        who, cap, has = ask.user, policy.user(ask.team, ask.user).cap, ledger.held(user, ask.request.kind)
    return Wait(
        WaitCode.GROUP_CAP,
        f"{who} may hold {cap} GPUs or slots at once and holds {has}; this job asks for {ask.least}.",
        "It starts when enough of its jobs end; `tensorfleet queue policy` shows the caps.",
    )


def _reserved(promise: Promise, fleet: Fleet) -> Wait:
    names = [node.name for each in sorted(promise.need) if (node := fleet.nodes.get(each))]
    until = f" from {_clock(promise.at)} on" if promise.at < float("inf") else ""
    return Wait(
        WaitCode.RESERVED,
        f"What is free on {listed(names)} is kept for {_name(promise.ask, fleet)}{until}.",
        "A job with a --max-duration that ends before then may start there.",
    )


def _name(job_id: str, fleet: Fleet) -> str:
    job = fleet.jobs.get(job_id)
    return f"{job.spec.name} ({job.id})" if job else job_id


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
