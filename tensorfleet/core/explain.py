"""Why a job waits: a word of a closed set, a sentence with its numbers and names, and who has what it waits for."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from tensorfleet.core import asks
from tensorfleet.core.behind import behind
from tensorfleet.core.booked import booked
from tensorfleet.core.describe import describe, listed
from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.feasible import capacity, largest, whole
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.held import held
from tensorfleet.core.holders import Who, nobody
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import ArrayPlace, Job, JobState
from tensorfleet.core.naming import clock, job_named, nodes_named
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.promise import Promise
from tensorfleet.core.wait import Wait, WaitCode

FREE = Wait(WaitCode.NONE, "It is being considered.")


def why(job: Job, fleet: Fleet, dispatch: Dispatch, now: Now, who: Who = nobody) -> Wait:
    """What keeps `job` from starting; nothing where it does not wait. who: names the holders."""
    if job.state is not JobState.QUEUED:
        return Wait(WaitCode.NONE, "")
    wait = held(job, fleet, now)
    if wait is None and job.id not in dispatch.scheduler.line:
        wait = throttled(job, fleet, who)
    if wait is None:
        ask = dispatch.scheduler.line.asks.get(job.id)
        wait = reason(ask, job.spec.request, fleet, dispatch, now, who) if ask else FREE
    return replace(wait, position=dispatch.position(job.id, now))


def throttled(job: Job, fleet: Fleet, who: Who = nobody) -> Wait | None:
    """Where its array keeps it back."""
    place = job.spec.array
    if not place or not place.most or job.id not in fleet.jobs:
        return None
    text = f"{place.most} jobs of its array run already, and no more are to run at once."
    return Wait(WaitCode.ARRAY, text, numbers={"most": place.most}, holders=who(lambda each: _in(place, each, fleet)))


def _in(place: ArrayPlace, holding: Holding, fleet: Fleet) -> bool:
    job = fleet.jobs.get(holding.ask.id)
    return bool(job and job.spec.array and job.spec.array.id == place.id)


def reason(ask: Ask, wish: Request, fleet: Fleet, dispatch: Dispatch, now: Now, who: Who = nobody) -> Wait:
    """What keeps `ask`, which could be in line, from starting at this moment. The first of the codes that applies.
    wish: what was asked for, in the words of its owner."""
    scheduler = dispatch.scheduler
    scheduler.calendar.mark(ask, dispatch.clock(now))
    grid, request = scheduler.grid, ask.of_size(ask.least)
    if not grid.places or not grid.could_ever(request):
        return _nowhere(wish, request, fleet, dispatch, now)
    if scheduler.capped(ask, dispatch.clock(now)):
        return _capped(ask, fleet, dispatch, dispatch.clock(now), who)
    mine = scheduler.promises.get(ask.id)
    if mine and mine.claim:
        going = who(lambda each: each.leaving and each.on(mine.need))
        text = f"Room is being made for it on {nodes_named(mine.need, fleet)}."
        numbers = {"asked": request.ranks, "nodes": len(mine.need)}
        return Wait(WaitCode.MAKING_ROOM, text, numbers=numbers, holders=going)
    if aside := booked(ask, fleet, scheduler, dispatch.clock(now)):
        return aside
    if grid.seat(request, ask.shunned) is None:
        return _full(ask, wish, request, fleet, dispatch, who)
    at = dispatch.clock(now)
    if scheduler.seat(ask, at) is None:
        ends = at + (ask.limit or math.inf)
        kept = [each for each in scheduler.rivals(ask) if each.ask != ask.id and each.binds(ends)]
        alone = [each for each in kept if grid.seat(request, ask.shunned, each.spare) is None]
        if kept:
            return _reserved(min(alone or kept, key=lambda each: each.at), ask, fleet, dispatch, at)
    return behind(ask, fleet, dispatch, now) or FREE


def _nowhere(wish: Request, request: Request, fleet: Fleet, dispatch: Dispatch, now: Now) -> Wait:
    """No node that takes work could ever hold it."""
    online = [node for node, _ in dispatch.scheduler.grid.places.values()]
    known = [node for node in fleet.nodes.values() if node.slots or node.gpus]
    if not known:
        hint = "Start one with `tensorfleet agent` on a machine with GPUs."
        return Wait(WaitCode.NO_NODES, "No node has joined this fleet yet.", hint, numbers={"online": 0})
    away = [
        node for node in known if node.id not in dispatch.scheduler.grid.places and capacity(node, whole(node), request)
    ]
    if away and seat_gang([(node, whole(node)) for node in known], request):
        states = [f"{node.name} ({_state(node.id, fleet, now)})" for node in sorted(away, key=lambda node: node.name)]
        return Wait(
            WaitCode.DRAIN if online else WaitCode.NO_NODES,
            f"Asks for {describe(wish)}; the nodes for that take no work now: {listed(states[:5])}.",
            "`tensorfleet nodes` tells more; `tensorfleet node resume NODE` gives a drained one work again.",
            numbers={"away": len(away), "online": len(online)},
        )
    return Wait(
        WaitCode.IMPOSSIBLE,
        f"Asks for {describe(wish)}, more than the nodes that are online have: {largest(online or known, wish)}.",
        "Ask for less, or bring more nodes online.",
        numbers={
            "asked": request.ranks,
            "most": sum(capacity(node, whole(node), request) for node in online or known),
            "online": len(online),
        },
    )


def _state(node_id: str, fleet: Fleet, now: Now) -> str:
    node = fleet.nodes.get(node_id)
    state = fleet.node_state(node, now).value if node else "gone"
    return "takes no work" if state == "online" else state


def _capped(ask: Ask, fleet: Fleet, dispatch: Dispatch, at: float, who: Who) -> Wait:
    """By its team, or else by its user; what is kept for others below the same cap counts as held."""
    scheduler, kind, user = dispatch.scheduler, ask.request.kind, f"{ask.team}/{ask.user}"
    promised = [each for each in scheduler.kept_from(ask, at) if each.team == ask.team]
    cap, has, whose = scheduler.policy.team(ask.team).cap, scheduler.ledger.held(ask.team, kind), f"The team {ask.team}"
    mine = who(lambda each: each.ask.team == ask.team and each.request.kind is kind)
    if cap is None or has + sum(each.least for each in promised) + ask.least <= cap:
        promised = [each for each in promised if each.user == ask.user]
        cap, has, whose = scheduler.policy.user(ask.team, ask.user).cap, scheduler.ledger.held(user, kind), ask.user
        mine = tuple(each for each in mine if each.owner == ask.user)
    cap, kept = cap or 0, sum(each.least for each in promised)
    unit = "GPUs" if kind is Kind.GPU else "slots"
    beside = f", and {kept} are kept for {job_named(promised[0].id, fleet, ask.team)}" if kept else ""
    hint = "It starts when enough of its jobs end; `tensorfleet queue policy` shows the caps."
    if ask.least > cap:
        hint = "It never starts below this cap: ask for less, or have it raised; `tensorfleet queue policy` shows it."
    return Wait(
        WaitCode.GROUP_CAP,
        f"{whose} may hold {cap} {unit} at once and holds {has}{beside}; this job asks for {ask.least}.",
        hint,
        numbers={"cap": cap, "held": has, "asked": ask.least, **({"kept": kept} if kept else {})},
        holders=mine,
    )


def _full(ask: Ask, wish: Request, request: Request, fleet: Fleet, dispatch: Dispatch, who: Who) -> Wait:
    grid = dispatch.scheduler.grid
    total, most = grid.total(request), grid.most(request)
    if ask.shunned:
        rooms = [grid.room(request, each) for each in grid.places if each not in ask.shunned]
        total, most = sum(rooms), max(rooms, default=0)
    fitting: Collection[str] = grid.places
    if request.gpu_model or request.gpu_memory or request.gpu_memory_max or request.labels:
        fitting = {node_id for node_id, (node, _) in grid.places.items() if capacity(node, whole(node), request)}
    there = who(lambda each: each.request.kind is request.kind and each.on(fitting))
    text = f"Asks for {describe(wish)}; free are {total}, at most {most} on one node."
    if total >= request.ranks:
        text = f"Asks for {describe(wish)}; {total} are free, but scattered: at most {most} on one node."
    if ask.bad:
        text += f" {nodes_named(ask.bad, fleet)} failed it before."
    if aside := ask.shunned - ask.bad:
        text += f" {nodes_named(aside, fleet)} {'is' if len(aside) == 1 else 'are'} set aside for others."
    return Wait(
        WaitCode.NO_CAPACITY,
        text,
        "It starts when running jobs end; `tensorfleet ps` lists them.",
        numbers={"asked": request.ranks, "free": total, "most_on_one_node": most},
        holders=there,
    )


def _reserved(promise: Promise, ask: Ask, fleet: Fleet, dispatch: Dispatch, at: float) -> Wait:
    nodes, whom = nodes_named(promise.need, fleet), job_named(promise.ask, fleet, ask.team)
    numbers: dict[str, float] = {"kept": sum(promise.need.values())}
    if promise.at == math.inf or promise.claim:
        waited = at - dispatch.scheduler.line.asks[promise.ask].since
        why = "for which room is being made there" if promise.claim else "which has waited for too long"
        text = f"What is free on {nodes} is kept for {whom}, {why}: {waited:.0f} s by now."
        return Wait(
            WaitCode.RESERVED, text, "It goes on when that one has started.", numbers={**numbers, "waited": waited}
        )
    longest, limit = promise.at - at, asks.duration_for(ask.limit) if ask.limit else 0.0
    numbers["from"] = promise.at
    if limit:
        numbers["limit"] = limit
    if longest > asks.ROUND + 1 and dispatch.scheduler.seat(replace(ask, limit=longest), at):
        has = f"its limit of {limit:.0f} s is too long" if limit else "it has no limit"
        return Wait(
            WaitCode.BACKFILL_TOO_LONG,
            f"{nodes} will be needed for {whom} at {clock(promise.at)}, and {has}.",
            f"With a --max-duration of at most {asks.duration_for(longest):.0f}s it would start now.",
            numbers={**numbers, "longest": asks.duration_for(longest)},
        )
    text = f"What is free on {nodes} is kept for {whom} at {clock(promise.at)}."
    return Wait(WaitCode.RESERVED, text, numbers=numbers)
