"""Seating a gang: all of its ranks at once, or none.

Best fit for whatever one node can hold (the fullest node that still takes it, so that large holes stay large). A larger
gang takes whole free nodes first, all on one switch if one can hold it, else on few. Only a gang that asks to be spread
goes over as many switches and nodes as can be. The source of these rules is the placement study behind Tiresias
(NSDI 2019). Names break every tie, so equal fleets decide alike, in whatever order they are given.
"""

from __future__ import annotations

from collections.abc import Iterable

from tensorfleet.core.feasible import accepts, capacity
from tensorfleet.core.job import Share
from tensorfleet.core.node import GpuState, Node
from tensorfleet.core.resources import Free, Kind, Request
from tensorfleet.core.seats import Place, Seats, pack, split, spread, spread_sizes

SWITCH = "switch"
"""The label that names what a node is plugged into."""


def seat_gang(places: Iterable[tuple[Node, Free]], request: Request) -> tuple[Share, ...] | None:
    """The shares of a gang that fits into `places`, node rank 0 first; None when it does not fit now."""
    room = [
        Place(count, node, free, _untouched(node, free, request.kind), node.labels.get(SWITCH, ""))
        for node, free in places
        if (count := capacity(node, free, request))
    ]
    seats = _in_sizes(room, request) if request.nodes else _in_all(room, request)
    if seats is None:
        return None
    shares: list[Share] = []
    first = 0
    for node_rank, (place, ranks) in enumerate(_ranked(seats, request.shape)):
        gpus = _pick(place, request, ranks)
        shares.append(Share(place.node.id, place.node.name, node_rank, first, ranks, gpus))
        first += ranks
    return tuple(shares)


def _in_all(room: list[Place], request: Request) -> Seats | None:
    """Seats for so many ranks, however they are split."""
    if sum(place.room for place in room) < request.ranks:
        return None
    return spread(room, request.ranks) if request.spread else pack(room, request.ranks)


def takes_shape(rooms: Iterable[int], shape: Iterable[int]) -> bool:
    """Whether nodes that take so many ranks each have a place for every part of a gang of this shape.

    Who can take a larger share can take a smaller one. So there are places for all if and only if the roomiest can
    take the largest, the next the next, and so on.
    """
    wanted = sorted(shape, reverse=True)
    roomiest = sorted(rooms, reverse=True)
    return len(roomiest) >= len(wanted) and all(a >= b for a, b in zip(roomiest, wanted, strict=False))


def _in_sizes(room: list[Place], request: Request) -> Seats | None:
    """Seats for a gang whose split is fixed."""
    if request.shape:
        wanted = sorted(request.shape, reverse=True)
        if not takes_shape((place.room for place in room), wanted):
            return None
    else:
        fitting = sum(place.room >= request.per_node for place in room)
        if fitting < (request.min_nodes or request.nodes):
            return None
        wanted = [request.per_node] * min(fitting, request.nodes)
    return spread_sizes(room, wanted) if request.spread else split(room, wanted)


def _ranked(seats: Seats, shape: tuple[int, ...]) -> Seats:
    """By node rank: in the order of the shape, where there is one; those of one size by name."""
    seats = sorted(seats, key=lambda seat: (seat[0].node.name, seat[0].node.id), reverse=bool(shape))
    if not shape:
        return seats
    by_size: dict[int, Seats] = {}
    for seat in seats:
        by_size.setdefault(seat[1], []).append(seat)
    return [by_size[size].pop() for size in shape]


def _untouched(node: Node, free: Free, kind: Kind) -> bool:
    return len(free.gpus) == len(node.gpus) if kind is Kind.GPU else free.slots == node.slots


def _pick(place: Place, request: Request, ranks: int) -> tuple[str, ...]:
    if request.kind is Kind.SLOT:
        return ()
    free = set(place.free.gpus)
    fitting = sorted((gpu.index, gpu.uuid) for gpu in place.node.gpus if gpu.uuid in free and accepts(gpu, request))
    return tuple(uuid for _, uuid in fitting[:ranks])


def take(free: Free, share: Share, request: Request) -> Free:
    """What is left of `free` after `share`."""
    held = set(share.gpus)
    return Free(
        slots=free.slots - (share.ranks if request.kind is Kind.SLOT else 0),
        gpus=tuple(uuid for uuid in free.gpus if uuid not in held) if held else free.gpus,
        cpus=free.cpus - share.ranks * request.cpus,
        memory=free.memory - share.ranks * request.memory,
        apart=(*free.apart, request.apart) if request.apart else free.apart,
    )


def give(node: Node, free: Free, share: Share, request: Request) -> Free:
    """The opposite of `take`: `free` with what `share` held. A GPU that is not free for other reasons stays away."""
    gpus = free.gpus
    if share.gpus:
        back = set(share.gpus)
        gpus += tuple(gpu.uuid for gpu in node.gpus if gpu.uuid in back and gpu.state is GpuState.FREE)
    apart = free.apart
    if request.apart in apart:
        at = apart.index(request.apart)
        apart = apart[:at] + apart[at + 1 :]
    return Free(
        slots=free.slots + (share.ranks if request.kind is Kind.SLOT else 0),
        gpus=gpus,
        cpus=free.cpus + share.ranks * request.cpus,
        memory=free.memory + share.ranks * request.memory,
        apart=apart,
    )
