"""Seating a gang: all of its ranks at once, or none.

Best fit within a node (the fullest node that still takes it, so that large holes stay large); beyond one node the
emptiest first, so that the gang touches few nodes. The source of both rules is the placement study behind
Tiresias (NSDI 2019) and the policy in docs/architecture.md. Names break every tie, so equal fleets decide alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorfleet.core.feasible import capacity, matching
from tensorfleet.core.job import Share
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Kind, Request


@dataclass(frozen=True, slots=True)
class Seat:
    """A node and how many ranks it takes."""

    node: Node
    free: Free
    ranks: int


def seat_gang(places: Sequence[tuple[Node, Free]], request: Request) -> tuple[Share, ...] | None:
    """The shares of a gang that fits into `places`, node rank 0 first; None when it does not fit now."""
    room = [(capacity(node, free, request), node, free) for node, free in places]
    seats = _fixed(room, request) if request.nodes else _packed(room, request)
    if seats is None:
        return None
    shares: list[Share] = []
    first = 0
    for node_rank, seat in enumerate(sorted(seats, key=lambda seat: seat.node.name)):
        shares.append(
            Share(
                node=seat.node.id,
                node_name=seat.node.name,
                node_rank=node_rank,
                first_rank=first,
                ranks=seat.ranks,
                gpus=_pick(seat, request),
            )
        )
        first += seat.ranks
    return tuple(shares)


def _fixed(room: list[tuple[int, Node, Free]], request: Request) -> list[Seat] | None:
    fitting = sorted((entry for entry in room if entry[0] >= request.per_node), key=lambda e: (e[0], e[1].name))
    if len(fitting) < (request.min_nodes or request.nodes):
        return None
    return [Seat(node, free, request.per_node) for _, node, free in fitting[: request.nodes]]


def _packed(room: list[tuple[int, Node, Free]], request: Request) -> list[Seat] | None:
    single = min((e for e in room if e[0] >= request.ranks), key=lambda e: (e[0], e[1].name), default=None)
    if single:
        return [Seat(single[1], single[2], request.ranks)]
    seats: list[Seat] = []
    left = request.ranks
    for count, node, free in sorted(room, key=lambda e: (-e[0], e[1].name)):
        if not left or not count:
            break
        seats.append(Seat(node, free, min(count, left)))
        left -= seats[-1].ranks
    return None if left else seats


def _pick(seat: Seat, request: Request) -> tuple[str, ...]:
    if request.kind is Kind.SLOT:
        return ()
    free = set(seat.free.gpus)
    return tuple(uuid for uuid in matching(seat.node.gpus, request) if uuid in free)[: seat.ranks]


def take(free: Free, share: Share, request: Request) -> Free:
    """What is left of `free` after `share`."""
    held = set(share.gpus)
    return Free(
        slots=free.slots - (share.ranks if request.kind is Kind.SLOT else 0),
        gpus=tuple(uuid for uuid in free.gpus if uuid not in held),
        cpus=free.cpus - share.ranks * request.cpus,
        memory=free.memory - share.ranks * request.memory,
    )
