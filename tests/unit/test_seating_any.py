"""Whatever the fleet and the gang: nobody is over capacity, and a gang waits only where no search finds it a place."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tensorfleet.core.feasible import capacity, whole
from tensorfleet.core.gang import give, seat_gang, take
from tensorfleet.core.job import Share
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Free, Kind, Request

Fleet = list[tuple[Node, Free]]


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Up to five nodes of up to four GPUs of two models, some of them taken, on two switches or none that is known."""
    places: Fleet = []
    for number in range(draw(st.integers(0, 5))):
        model = draw(st.sampled_from(["A100", "H100"]))
        gpus = tuple(Gpu(f"{number}-{index}", index, model, 2**36) for index in range(draw(st.integers(0, 4))))
        switch = draw(st.sampled_from(["", "s1", "s2", "s3"]))
        node = Node(
            f"id{number}",
            f"n{number}",
            slots=draw(st.integers(0, 4)),
            cpus=8.0,
            memory=2**33,
            gpus=gpus,
            labels={"switch": switch} if switch else {},
        )
        held = draw(st.sets(st.sampled_from(range(len(gpus))))) if gpus else set()
        free = whole(node)
        left = tuple(uuid for index, uuid in enumerate(free.gpus) if index not in held)
        apart = draw(st.sampled_from([(), ("x",)]))
        places.append((node, Free(draw(st.integers(0, node.slots)), left, free.cpus, free.memory, apart)))
    return places


@st.composite
def gangs(draw: st.DrawFn) -> Request:
    """Every kind of split, with and without rules about the nodes."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    split = draw(st.sampled_from(["all", "nodes", "shape", "elastic"]))
    equal = [sizes[0]] * len(sizes)
    shape = tuple(sizes) if split == "shape" and len(set(sizes)) > 1 else ()
    return Request(
        draw(st.sampled_from(Kind)),
        ranks=sum(shape or equal),
        nodes=0 if split == "all" else len(sizes),
        min_nodes=draw(st.integers(1, len(sizes))) if split == "elastic" else 0,
        gpu_model=draw(st.sampled_from(["", "A100", "H100|A100"])),
        cpus=draw(st.sampled_from([0.0, 3.0])),
        shape=shape,
        labels=draw(st.sampled_from([(), (("switch", "s1"),)])),
        spread=draw(st.booleans()),
        apart=draw(st.sampled_from(["", "x"])),
    )


def sizes_of(request: Request) -> list[tuple[int, ...]]:
    """The splits that would do."""
    if request.shape:
        return [request.shape]
    nodes = range(request.min_nodes or request.nodes, request.nodes + 1)
    return [(request.per_node,) * count for count in nodes]


def exists(places: Fleet, request: Request) -> bool:
    """Whether any assignment of shares to nodes does, by trying all."""
    room = [capacity(node, free, request) for node, free in places]
    if not request.nodes:
        return sum(room) >= request.ranks
    return any(
        all(count >= size for count, size in zip(chosen, sizes, strict=True))
        for sizes in sizes_of(request)
        for chosen in itertools.permutations(room, len(sizes))
    )


def check(places: Fleet, request: Request, shares: tuple[Share, ...]) -> None:
    by_id = {node.id: (node, free) for node, free in places}
    assert len({share.node for share in shares}) == len(shares), "a node takes one share"
    assert [share.node_rank for share in shares] == list(range(len(shares)))
    assert [share.first_rank for share in shares] == [
        sum(other.ranks for other in shares[:at]) for at in range(len(shares))
    ]
    if request.shape:
        assert tuple(share.ranks for share in shares) == request.shape
    elif request.nodes:
        assert tuple(share.ranks for share in shares) in sizes_of(request)
    else:
        assert sum(share.ranks for share in shares) == request.ranks
    for share in shares:
        node, free = by_id[share.node]
        assert 1 <= share.ranks <= capacity(node, free, request)
        assert len(set(share.gpus)) == (share.ranks if request.kind is Kind.GPU else 0)
        assert set(share.gpus) <= set(free.gpus)
        assert all(node.labels[name] == value for name, value in request.labels)
        assert not request.apart or request.apart not in free.apart
        left = take(free, share, request)
        assert left.slots >= 0
        assert left.cpus >= 0
        back = give(node, left, share, request)
        assert (set(back.gpus), back.slots, back.cpus, back.memory, back.apart) == (
            set(free.gpus),
            free.slots,
            free.cpus,
            free.memory,
            free.apart,
        )


@settings(max_examples=300, deadline=None)
@given(fleets(), gangs(), st.randoms(use_true_random=False))
def test_a_gang_gets_a_place_if_there_is_one(places: Fleet, request: Request, chance: object) -> None:
    shares = seat_gang(places, request)
    assert (shares is not None) == exists(places, request)
    if shares is None:
        return
    check(places, request, shares)
    shuffled = list(places)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of Hypothesis
    assert seat_gang(shuffled, request) == shares, "the order of the nodes given decides nothing"
    if request.spread and request.nodes and not request.min_nodes:
        assert switches(places, shares) == most_switches(places, request)


def switches(places: Fleet, shares: tuple[Share, ...]) -> int:
    label = {node.id: node.labels.get("switch", "") for node, _ in places}
    return len({label[share.node] for share in shares})


def most_switches(places: Fleet, request: Request) -> int:
    """The most switches that any assignment of its shares touches, by trying all."""
    room = [(capacity(node, free, request), node.labels.get("switch", "")) for node, free in places]
    sizes = sizes_of(request)[-1]
    return max(
        len({switch for _, switch in chosen})
        for chosen in itertools.permutations(room, len(sizes))
        if all(count >= size for (count, _), size in zip(chosen, sizes, strict=True))
    )


@settings(max_examples=300, deadline=None)
@given(fleets(), gangs())
def test_what_one_switch_can_hold_is_on_one_switch(places: Fleet, request: Request) -> None:
    shares = seat_gang(places, request)
    if shares is None or request.spread or request.min_nodes:
        return
    alone = [
        seat_gang([place for place in places if place[0].labels.get("switch", "") == switch], request)
        for switch in ("", "s1", "s2", "s3")
    ]
    assert (switches(places, shares) == 1) == any(alone)


@settings(max_examples=200, deadline=None)
@given(fleets(), gangs())
def test_beyond_one_switch_it_is_on_as_few_as_can_be(places: Fleet, request: Request) -> None:
    shares = seat_gang(places, request)
    if shares is None or request.spread or request.min_nodes or request.shape:
        return
    known = sorted({node.labels.get("switch", "") for node, _ in places})
    enough = (
        count
        for count in range(1, len(known) + 1)
        for some in itertools.combinations(known, count)
        if seat_gang([place for place in places if place[0].labels.get("switch", "") in some], request)
    )
    assert switches(places, shares) == next(enough)
