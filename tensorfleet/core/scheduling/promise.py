"""What is kept for a job that has to wait: which nodes, how much of each, from when on (EASY's reservation).

Nothing may start on what is promised unless it is over by then, or leaves enough. The time follows from the limits of
what runs there, so it holds whatever the others do; a job whose predecessors have no limit cannot be promised a time.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tensorfleet.core.feasible import capacity, usable
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.job import Share
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Kind, Request
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.emptied import Emptied
from tensorfleet.core.scheduling.grid import Grid

FAR = 4000
"""Ends of jobs that are looked at for a promise; beyond, none is made."""


@dataclass(slots=True, eq=False)
class Promise:
    """order: of the class it is for. kind: of its ranks; those of the other compete for nothing. at: from when on, unix
    seconds. need: ranks by node. spare: ranks of each that others may use beyond `at`. claim: its places are being
    emptied for it, so nothing else may start on them."""

    ask: str
    order: int
    kind: Kind
    at: float
    need: Mapping[str, int]
    spare: dict[str, int]
    claim: bool = False

    def binds(self, ends: float) -> bool:
        """Whether it holds against somebody who runs until `ends`."""
        return self.claim or not ends <= self.at < math.inf

    def gather(self, request: Request, grid: Grid) -> None:
        """Where it gathers what comes free, others may use what is more than it needs. request: of whom it is for."""
        if self.at == math.inf:
            self.spare = {node_id: max(0, grid.room(request, node_id) - need) for node_id, need in self.need.items()}

    def limits(self, ends: float) -> dict[str, int]:
        """How many ranks somebody who runs until `ends` may use of each of these nodes; others are free to use."""
        return self.spare if self.binds(ends) else {}


def kept_of(promises: Iterable[Promise], ends: float) -> dict[str, int]:
    """How many ranks somebody who runs until `ends` may use of nodes that are promised; of others, all."""
    limits: dict[str, int] = {}
    for promise in promises:
        for node_id, ranks in promise.limits(ends).items():
            limits[node_id] = min(ranks, limits.get(node_id, ranks))
    return limits


def promised(
    ask: Ask, grid: Grid, leaving: Iterable[tuple[float, Holding]], taken: Collection[str], now: float
) -> Promise | None:
    """The earliest time from which on `ask` has a place, with the places. leaving: who makes room when, soonest
    first. taken: nodes that are promised to others. None when what they leave is never enough."""
    request = ask.of_size(ask.size or ask.least)
    shut = {*ask.shunned, *taken}
    room = Emptied(request, grid, shut)
    most = 0
    missing = request.ranks - (grid.total(request) if request.nodes != 1 else 0)
    for number, (at, holding) in enumerate(leaving):
        if at == math.inf or number >= FAR:
            return None
        nodes = {share.node for share in holding.shares}
        before = sum(map(room.count, nodes))
        room.release(holding)
        counts = [room.count(each) for each in nodes]
        missing -= sum(counts) - before
        most = max(most, *counts)
        if (missing > 0 and request.ranks > most) or not room.enough():
            continue
        places = {**grid.places, **room.changed} if request.nodes != 1 and missing <= 0 else room.changed
        shares = seat_gang([place for node_id, place in places.items() if node_id not in shut], request)
        if shares:
            return _of(ask, shares, max(at, now), room.changed, grid, request)
    return None


def gathering(ask: Ask, grid: Grid, taken: Collection[str]) -> Promise | None:
    """A promise without a time: those who run have no limit, so what comes free on the emptiest nodes is kept for
    `ask` until it is enough. None when even all of the nodes are not."""
    request = ask.of_size(ask.size or ask.least)
    nodes = [
        (-grid.room(request, node_id), node.name, node_id)
        for node_id, (node, _) in grid.places.items()
        if node_id not in ask.shunned and node_id not in taken
    ]
    whole: list[tuple[Node, Free]] = []
    room = 0
    for _, _, node_id in sorted(nodes):
        node = grid.places[node_id][0]
        whole.append((node, usable(node)))
        room += capacity(*whole[-1], request)
        if room >= request.ranks and (shares := seat_gang(whole, request)):
            need = {share.node: share.ranks for share in shares}
            return Promise(ask.id, ask.order, request.kind, math.inf, need, {})
    return None


def _of(
    ask: Ask, shares: tuple[Share, ...], at: float, over: Mapping[str, tuple[Node, Free]], grid: Grid, request: Request
) -> Promise:
    need = {share.node: share.ranks for share in shares}
    spare = {}
    for node_id, ranks in need.items():
        then = capacity(*(over.get(node_id) or grid.places[node_id]), request)
        spare[node_id] = max(0, min(grid.room(request, node_id), then - ranks))
    return Promise(ask.id, ask.order, request.kind, at, need, spare)
