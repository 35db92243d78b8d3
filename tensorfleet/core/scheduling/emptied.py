"""What the nodes would take if some of those who run there were gone: counted, not seated, one step for each."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tensorfleet.core.feasible import capacity
from tensorfleet.core.gang import give, takes_shape
from tensorfleet.core.job import Share
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Request
from tensorfleet.core.scheduling.ask import Holding
from tensorfleet.core.scheduling.grid import Grid


class Emptied:
    """The nodes of the grid as one request sees them, but for those that are shut to it; with `only`, that one node.

    changed: what those nodes have that somebody would be gone from.
    """

    def __init__(self, request: Request, grid: Grid, shut: AbstractSet[str] = frozenset(), only: str = "") -> None:
        self.changed: dict[str, tuple[Node, Free]] = {}
        self._request = request
        self._grid = grid
        self._shut = shut
        self._only = only
        self._gone: dict[str, list[tuple[Share, Request]]] = {}
        self._counts: dict[str, int] = {}
        out = [grid.room(request, each) for each in shut]
        self._total = grid.total(request) - sum(out) if not only else grid.room(request, only)
        self._fitting = grid.fitting(request) - sum(map(self._fits, out)) if not only else self._fits(self._total)

    def count(self, node_id: str) -> int:
        """Ranks of the request that the node takes."""
        count = self._counts.get(node_id)
        return self._grid.room(self._request, node_id) if count is None else count

    def release(self, holding: Holding) -> None:
        """It is gone."""
        for share in holding.shares:
            place = self.changed.get(share.node) or self._grid.places.get(share.node)
            if place:
                self._gone.setdefault(share.node, []).append((share, holding.request))
                self._set(share.node, give(*place, share, holding.request))

    def restore(self, holding: Holding) -> None:
        """It is there after all."""
        for share in holding.shares:
            place = self._grid.places.get(share.node)
            if place:
                node, free = place
                gone = self._gone[share.node]
                gone.remove((share, holding.request))
                for each, request in gone:
                    free = give(node, free, each, request)
                self._set(share.node, free)

    def enough(self) -> bool:
        """Whether there is a place for the gang."""
        request = self._request
        if request.shape:
            return takes_shape(map(self.count, self._open()), request.shape)
        if request.nodes:
            return self._fitting >= (request.min_nodes or request.nodes)
        return self._total >= request.ranks

    def missing(self) -> int:
        """Ranks that are short of the whole gang."""
        return self._request.ranks - self._total

    def _open(self) -> list[str]:
        return [self._only] if self._only else [each for each in self._grid.places if each not in self._shut]

    def _set(self, node_id: str, free: Free) -> None:
        node = self._grid.places[node_id][0]
        before, count = self.count(node_id), capacity(node, free, self._request)
        self.changed[node_id] = (node, free)
        self._counts[node_id] = count
        if node_id == self._only or not (self._only or node_id in self._shut):
            self._total += count - before
            self._fitting += self._fits(count) - self._fits(before)

    def _fits(self, count: int) -> bool:
        return count >= (self._request.per_node or 1)
