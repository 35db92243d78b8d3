"""One scheduling pass: who starts now, where, and why the others do not.

Strict order within a kind: the first job that has to wait holds back all behind it that compete for the same kind
of resource, so that a large gang is never starved by small ones. A job which no present node could ever take does
not hold back anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from tensorfleet.core.describe import describe as describe
from tensorfleet.core.feasible import capacity, largest, whole
from tensorfleet.core.gang import seat_gang, take
from tensorfleet.core.job import Job, Share
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Kind, Request
from tensorfleet.core.retry import shunned


class WaitCode(StrEnum):
    """Why a job waits; a closed set."""

    NO_NODES = "NO_NODES"
    IMPOSSIBLE = "IMPOSSIBLE"
    NO_CAPACITY = "NO_CAPACITY"
    BEHIND = "BEHIND"
    DEPENDENCY = "DEPENDENCY"
    BACKOFF = "BACKOFF"
    ARRAY = "ARRAY"
    HELD = "HELD"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Wait:
    """position: place in the queue, from 1."""

    code: WaitCode
    text: str
    hint: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """placed: shares by job id, in the order of the queue. waits: every other job's reason."""

    placed: Mapping[str, tuple[Share, ...]]
    waits: Mapping[str, Wait]


def schedule(
    line: Sequence[Job],
    places: Mapping[str, tuple[Node, Free]],
    waking: int = 0,
    held: Mapping[str, Wait] = MappingProxyType({}),
    running: Mapping[str, int] = MappingProxyType({}),
) -> Plan:
    """Seats as many of `line` as fit into `places` (nodes that take work, with what they have left).

    waking: nodes that belong to the fleet but take no work at the moment. held: jobs that may not start yet.
    running: how many jobs of each array are placed.
    """
    free = dict(places)
    arrays = Counter(running)
    placed: dict[str, tuple[Share, ...]] = {}
    waits: dict[str, Wait] = {}
    heads: dict[Kind, Job] = {}
    for position, job in enumerate(line, 1):
        request = job.spec.request
        array = job.spec.array
        wait = held.get(job.id)
        if wait is None and array and array.most and arrays[array.id] >= array.most:
            text = f"{array.most} jobs of its array run already, and no more are to run at once."
            wait = Wait(WaitCode.ARRAY, text)
        if wait is not None:
            waits[job.id] = replace(wait, position=position)
            continue
        head = heads.get(request.kind)
        if head is not None:
            waits[job.id] = Wait(
                WaitCode.BEHIND,
                f"Waits behind {head.spec.name} ({head.id}), which is first in the line for {request.kind.value}s.",
                "A higher --priority goes first.",
                position,
            )
            continue
        usable = _without(free, shunned(job), request)
        shares = seat_gang(list(usable.values()), request)
        if shares is None:
            waits[job.id] = wait = _refusal(request, usable, position, waking)
            if wait.code is WaitCode.NO_CAPACITY:
                heads[request.kind] = job
            continue
        placed[job.id] = shares
        if array:
            arrays[array.id] += 1
        for share in shares:
            node, left = free[share.node]
            free[share.node] = (node, take(left, share, request))
    return Plan(placed, waits)


def _without(
    free: Mapping[str, tuple[Node, Free]], bad: frozenset[str], request: Request
) -> Mapping[str, tuple[Node, Free]]:
    """`free` without the nodes that failed this job before, unless only they could ever take it."""
    if not bad:
        return free
    others = {node_id: place for node_id, place in free.items() if node_id not in bad}
    return others if seat_gang([(node, whole(node)) for node, _ in others.values()], request) else free


def _refusal(request: Request, places: Mapping[str, tuple[Node, Free]], position: int, waking: int) -> Wait:
    if not places:
        text = "No node takes work now." if waking else "No node has joined this fleet yet."
        hint = "See `tensorfleet nodes`." if waking else "Start one with `tensorfleet agent` on a machine with GPUs."
        return Wait(WaitCode.NO_NODES, text, hint, position)
    nodes = [node for node, _ in places.values()]
    if seat_gang([(node, whole(node)) for node in nodes], request) is None:
        return Wait(
            WaitCode.IMPOSSIBLE,
            f"Asks for {describe(request)}, more than the nodes that are online have: {largest(nodes, request)}.",
            "Ask for less, or bring more nodes online.",
            position,
        )
    free = [capacity(node, left, request) for node, left in places.values()]
    return Wait(
        WaitCode.NO_CAPACITY,
        f"Asks for {describe(request)}; free are {sum(free)}, at most {max(free)} on one node.",
        "It starts when running jobs end; `tensorfleet ps` lists them.",
        position,
    )
