"""One change with which a job like one that waits would start now. Each is tried on the scheduler before it is told.

Nobody who waits can start, or a pass would have started him. So a job starts in the next pass exactly if it has a seat
now beside all promises, and its team and user may hold it: no order of the line has to be played through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tensorfleet.core import asks
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Discipline
from tensorfleet.core.scheduling.scheduler import Scheduler

ROUGHLY = 60.0
"""Seconds that a limit is rounded down to: who reads it needs a moment to act on it."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """text: what to do, for people. options: of `tensorfleet run`. request, max_duration: what the job would ask for;
    max_duration in seconds, None as it is."""

    text: str
    options: tuple[str, ...]
    request: Request
    max_duration: float | None = None


def remedy(ask: Ask, scheduler: Scheduler, now: float) -> Remedy | None:
    """The first change with which it would start if it were submitted anew, beside all that wait, itself among them;
    None where none of those known helps, or where nobody may overtake."""
    if scheduler.policy.discipline is Discipline.FIFO and len(scheduler.line):
        return None
    for found in _candidates(ask, scheduler, now):
        limit = ask.limit if found.max_duration is None else found.max_duration + asks.ROUND
        changed = replace(ask, id="", request=found.request, limit=limit, speed=None, size=0)
        if not scheduler.capped(changed, now) and scheduler.seat(changed, now):
            return found
    return None


def _candidates(ask: Ask, scheduler: Scheduler, now: float) -> Iterator[Remedy]:
    request = ask.of_size(ask.least)
    for promise in sorted(scheduler.rivals(ask), key=lambda each: each.at):
        longest = asks.duration_for(promise.at - now - ROUGHLY) if promise.at < float("inf") else 0.0
        if promise.ask != ask.id and longest >= ROUGHLY and (not ask.limit or longest < ask.limit - asks.ROUND):
            yield Remedy(f"Limit it to {longest / 60:.0f} min.", (f"--max-duration {longest:.0f}s",), request, longest)
    if request.gpu_model or request.gpu_memory or request.gpu_memory_max:
        yield Remedy("Take any GPU.", (), replace(request, gpu_model="", gpu_memory=0, gpu_memory_max=0))
    if request.labels:
        yield Remedy("Leave out the labels.", (), replace(request, labels=()))
    if request.apart:
        yield Remedy("Let it share nodes with jobs like it.", (), replace(request, apart=""))
    if request.nodes or request.spread:
        free = replace(request, nodes=0, shape=(), spread=False)
        yield Remedy("Leave its split over nodes to the scheduler.", (), free)
    yield from _smaller(request, scheduler)


def _smaller(request: Request, scheduler: Scheduler) -> Iterator[Remedy]:
    """The largest gangs that might have a place."""
    word = f"--{request.kind.value}s"
    if request.shape:
        return
    if request.nodes > 1:
        for nodes in range(request.nodes - 1, 0, -1):
            fewer = replace(request, nodes=nodes, ranks=nodes * request.per_node)
            yield Remedy(f"Ask for {nodes} node{'' if nodes == 1 else 's'}.", (f"--nodes {nodes}",), fewer)
        return
    grid = scheduler.grid
    for ranks in sorted({grid.total(request), grid.most(request), 1}, reverse=True):
        if 0 < ranks < request.ranks:
            yield Remedy(f"Ask for {ranks} {request.kind.value}s.", (f"{word} {ranks}",), replace(request, ranks=ranks))
