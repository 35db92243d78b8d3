"""What the nodes have left, indexed by how many ranks of a kind of request each could take.

The first request of a kind costs one look at every node; from then on a change of one node costs one step per kind,
and a question costs as many steps as there are different counts (nine, where nodes have eight GPUs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sortedcontainers import SortedDict, SortedList

from tensorfleet.core.feasible import capacity, usable, whole
from tensorfleet.core.gang import give, seat_gang, take
from tensorfleet.core.job import Share
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Kind, Request
from tensorfleet.core.scheduling.policy import Policy

KINDS = 256
"""Kinds of request that are kept indexed; the oldest goes first."""

NO_LIMIT: Mapping[str, int] = MappingProxyType({})


def kind_of(request: Request) -> Request:
    """`request` without its size: what makes a node take more or fewer ranks of it."""
    return replace(request, ranks=1, nodes=0, min_nodes=0, shape=(), spread=False)


@dataclass(slots=True, eq=False)
class _Index:
    """counts: ranks that each node takes. by_count: names and ids of the nodes that take that many."""

    counts: dict[str, int]
    by_count: SortedDict[int, SortedList[tuple[str, str]]]
    total: int = 0


class Grid:
    """The nodes that take work."""

    def __init__(self) -> None:
        self.places: dict[str, tuple[Node, Free]] = {}
        self.capacity = 0
        """GPUs and slots of all of them, in use or not."""
        self._indexes: dict[Request, _Index] = {}
        self._found: dict[Request, _Index] = {}
        self._possible: dict[tuple[Request, frozenset[str]], bool] = {}

    def put(self, node: Node, free: Free) -> None:
        """`node` takes work, and has `free` left."""
        before = self.places.get(node.id)
        self.capacity += _size(node) - (_size(before[0]) if before else 0)
        self.places[node.id] = (node, free)
        if before is None or before[0] is not node:
            self._possible.clear()
        for kind, index in self._indexes.items():
            self._count(index, node, capacity(node, free, kind))

    def remove(self, node_id: str) -> None:
        """It takes no work any more."""
        place = self.places.pop(node_id, None)
        if place:
            self.capacity -= _size(place[0])
            self._possible.clear()
            for index in self._indexes.values():
                self._count(index, place[0], 0)

    def take(self, share: Share, request: Request) -> None:
        place = self.places.get(share.node)
        if place:
            self.put(place[0], take(place[1], share, request))

    def give(self, share: Share, request: Request) -> None:
        """The opposite of `take`. A GPU that is not free for other reasons does not come back."""
        place = self.places.get(share.node)
        if place:
            self.put(place[0], give(*place, share, request))

    def most(self, request: Request) -> int:
        """The most ranks of this kind that one node takes now."""
        index = self._index(request)
        return int(index.by_count.peekitem(-1)[0]) if index.by_count else 0

    def total(self, request: Request) -> int:
        """Ranks of this kind that all nodes take together."""
        return self._index(request).total

    def room(self, request: Request, node_id: str) -> int:
        return self._index(request).counts.get(node_id, 0)

    def fitting(self, request: Request) -> int:
        """Nodes that take a share of the gang: of one that is split in equal parts, a whole part."""
        index = self._index(request)
        return sum(len(index.by_count[count]) for count in index.by_count.irange(request.per_node or 1))

    def seat(
        self, request: Request, shut: Collection[str] = (), limits: Mapping[str, int] = NO_LIMIT
    ) -> tuple[Share, ...] | None:
        """A place for the gang now, or None. shut: nodes that it may not use. limits: ranks that it may use at most of
        a node; such a node takes gangs only whole."""
        index = self._index(request)
        if (request.min_nodes * request.per_node or request.ranks) > index.total:
            return None
        if request.nodes <= 1 and not request.spread:
            for count in index.by_count.irange(request.ranks):
                for _, node_id in index.by_count[count]:
                    if node_id not in shut and limits.get(node_id, count) >= request.ranks:
                        return seat_gang([self.places[node_id]], request)
            if request.nodes:
                return None
        return seat_gang([self.places[each] for each in self._at_least(index, request, shut, limits)], request)

    def fits(self, request: Request) -> bool:
        """Whether there is a place for the gang now."""
        index = self._index(request)
        if not request.nodes:
            return index.total >= request.ranks
        sizes = Counter(request.shape) if request.shape else {request.per_node: request.min_nodes or request.nodes}
        missing = 0
        for size in sorted(sizes, reverse=True):
            missing += sizes[size]
            if sum(len(index.by_count[count]) for count in index.by_count.irange(size)) < missing:
                return False
        return True

    def weight(self, request: Request, shares: tuple[Share, ...], policy: Policy) -> float:
        """What a second of a rank there counts."""
        place = self.places.get(shares[0].node)
        return weight_on(place[0] if place else None, request, policy)

    def could_ever(self, request: Request, shut: frozenset[str] = frozenset()) -> bool:
        """Whether these nodes, all empty, have a place for the gang. shut: nodes that it may not use."""
        found = self._possible.get((request, shut))
        if found is None:
            empty = [(node, whole(node)) for node, _ in self.places.values() if node.id not in shut]
            if len(self._possible) > 16 * KINDS:
                self._possible.clear()
            found = self._possible[request, shut] = seat_gang(empty, request) is not None
        return found

    def _at_least(
        self, index: _Index, request: Request, shut: Collection[str], limits: Mapping[str, int]
    ) -> Iterator[str]:
        for count in index.by_count.irange(request.per_node or 1):
            for _, node_id in index.by_count[count]:
                if node_id not in shut and limits.get(node_id, count) >= count:
                    yield node_id

    def _index(self, request: Request) -> _Index:
        index = self._found.get(request)
        if index is None:
            if len(self._found) > 16 * KINDS:
                self._found.clear()
            index = self._found[request] = self._index_of(kind_of(request))
        return index

    def _index_of(self, kind: Request) -> _Index:
        index = self._indexes.get(kind)
        if index is None:
            if len(self._indexes) >= KINDS:
                self._found.clear()
                del self._indexes[next(iter(self._indexes))]
            index = self._indexes[kind] = _Index({}, SortedDict())
            for node, free in self.places.values():
                self._count(index, node, capacity(node, free, kind))
        return index

    @staticmethod
    def _count(index: _Index, node: Node, count: int) -> None:
        before = index.counts.get(node.id, 0)
        if before == count:
            return
        index.total += count - before
        entry = (node.name, node.id)
        if before:
            bucket = index.by_count[before]
            bucket.remove(entry)
            if not bucket:
                del index.by_count[before]
        if count:
            index.counts[node.id] = count
            if count not in index.by_count:
                index.by_count[count] = SortedList()
            index.by_count[count].add(entry)
        else:
            index.counts.pop(node.id, None)


def _size(node: Node) -> int:
    return len(node.gpus) or node.slots


def weight_on(node: Node | None, request: Request, policy: Policy) -> float:
    """What a second of a rank counts on `node`; None for one that left the fleet."""
    if request.kind is Kind.SLOT:
        return policy.slot_weight
    return policy.weight(node.gpus[0].model) if node and node.gpus else 1.0


def left_of(node: Node, shares: Iterable[tuple[Share, Request]]) -> Free:
    """What `node` has left beside `shares`."""
    free = usable(node)
    for share, request in shares:
        free = take(free, share, request)
    return free
