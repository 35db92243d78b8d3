"""Which places a gang takes, once it is known that there are enough: packed, split in given sizes, or spread.

Nodes without the label `switch` count as one more switch, of which nothing is known: it comes after the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A node that can take `room` ranks of the gang. whole: nothing is on it yet. switch: empty where unknown."""

    room: int
    node: Node
    free: Free
    whole: bool
    switch: str


Seats = list[tuple[Place, int]]
"""Places, and how many ranks each takes."""


def pack(room: Sequence[Place], ranks: int) -> Seats:
    """The fullest node that takes all of them; else whole free nodes on as few switches as can be."""
    single = min((place for place in room if place.room >= ranks), key=_fullest, default=None)
    return [(single, ranks)] if single else _by_switch(room, [ranks], _pack)


def split(room: Sequence[Place], sizes: Sequence[int]) -> Seats:
    """Each size on the fullest node that takes it, on as few switches as can be. sizes: the largest first."""
    if len(sizes) == 1:
        return [(min((place for place in room if place.room >= sizes[0]), key=_fullest), sizes[0])]
    return _by_switch(room, sizes, _split)


def spread(room: Sequence[Place], ranks: int) -> Seats:
    """One rank a node, from one switch after the other; then a second, and so on."""
    order = _over_switches(room, Counter())
    given: Counter[int] = Counter()
    while ranks:
        for at, place in enumerate(order):
            if ranks and given[at] < place.room:
                given[at] += 1
                ranks -= 1
    return [(order[at], count) for at, count in given.items()]


def spread_sizes(room: Sequence[Place], sizes: Sequence[int]) -> Seats:
    """Each size on a node of the switch that has the fewest of them so far. sizes: the largest first."""
    seats: Seats = []
    left = list(room)
    used: Counter[str] = Counter()
    for size, count in Counter(sizes).items():
        chosen = _over_switches([place for place in left if place.room >= size], used)[:count]
        seats += [(place, size) for place in chosen]
        used.update(place.switch for place in chosen)
        taken = set(chosen)
        left = [place for place in left if place not in taken]
    return seats


def _fullest(place: Place) -> tuple[int, str, str]:
    return place.room, place.node.name, place.node.id


def _emptiest(place: Place) -> tuple[bool, int, str, str]:
    return not place.whole, -place.room, place.node.name, place.node.id


def _over_switches(room: Sequence[Place], used: Counter[str]) -> list[Place]:
    """The emptiest of each switch in turn, the least used switch first."""
    seen = Counter(used)
    order: list[tuple[int, bool, str, Place]] = []
    for place in sorted(room, key=_emptiest):
        order.append((seen[place.switch], not place.switch, place.switch, place))
        seen[place.switch] += 1
    return [place for *_, place in sorted(order, key=lambda each: each[:3])]


Fill = Callable[[Sequence[Place], list[int]], tuple[Seats, list[int]]]
"""Seats as much as it can of the sizes on the places of one switch; and returns what is left of the sizes."""


def _by_switch(room: Sequence[Place], sizes: Sequence[int], fill: Fill) -> Seats:
    """On the switch that holds all of it with the fewest nodes and the least to spare; failing that, as much as can be
    on the one that holds most, and so on with the rest. That is as few switches as can be for ranks and for equal
    sizes; for others it is a heuristic.

    Sizes are filled in from the largest, so a place is given to a smaller one only if none of the larger that are
    left could have had it: what is left has places on the other switches, if all had them at first.
    """
    switches: dict[str, list[Place]] = {}
    for place in room:
        switches.setdefault(place.switch, []).append(place)
    seats: Seats = []
    rest = list(sizes)
    while rest:
        filled = {switch: fill(places, rest) for switch, places in switches.items()}

        def merit(switch: str, filled: dict[str, tuple[Seats, list[int]]] = filled) -> tuple[int, int, bool, int, str]:
            seated, left = filled[switch]
            return sum(left), len(seated), not switch, sum(place.room for place in switches[switch]), switch

        best = min(switches, key=merit)
        seated, rest = filled[best]
        seats += seated
        del switches[best]
    return seats


def _pack(places: Sequence[Place], rest: list[int]) -> tuple[Seats, list[int]]:
    """Whole nodes first, the emptiest of the others next, and the remainder on the fullest that takes it."""
    left = sum(rest)
    order = sorted(places, key=_emptiest)
    seats: Seats = []
    for at, place in enumerate(order):
        if place.room >= left:
            last = min((other for other in order[at:] if other.room >= left), key=_fullest)
            return [*seats, (last, left)], []
        seats.append((place, place.room))
        left -= place.room
    return seats, [left]


def _split(places: Sequence[Place], rest: list[int]) -> tuple[Seats, list[int]]:
    """The largest first, each on the fullest that takes it."""
    order = sorted(places, key=_fullest)
    rooms = [place.room for place in order]
    seats: Seats = []
    left: list[int] = []
    for size in rest:
        at = bisect_left(rooms, size)
        if at == len(rooms):
            left.append(size)
            continue
        seats.append((order.pop(at), size))
        rooms.pop(at)
    return seats, left
