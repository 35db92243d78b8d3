"""The indexed nodes find a place exactly when a look at every node does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tensorfleet.core.feasible import usable
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.grid import Grid
from unit.scheduling.board import node

shaped = st.lists(st.integers(1, 8), min_size=1, max_size=4).map(
    lambda shape: Request(Kind.GPU, sum(shape), nodes=len(shape), shape=tuple(shape))
)
fewer = st.integers(1, 3).map(lambda each: Request(Kind.GPU, 4 * each, nodes=4, min_nodes=2))
requests = st.builds(
    lambda ranks, nodes, cpus, spread: Request(Kind.GPU, ranks * max(nodes, 1), nodes=nodes, cpus=cpus, spread=spread),
    st.integers(1, 6),
    st.integers(0, 3),
    st.sampled_from([0.0, 10.0]),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=5),
    st.lists(requests | shaped | fewer, min_size=1, max_size=12),
    st.data(),
)
def test_a_place_is_found_where_there_is_one(sizes: list[int], asked: list[Request], data: st.DataObject) -> None:
    grid = Grid()
    for number, gpus in enumerate(sizes):
        place = node(f"n{number}", gpus)
        grid.put(place, usable(place))
    held = []
    for request in asked:
        shares = grid.seat(request)
        everywhere = seat_gang(grid.places.values(), request)
        assert (shares is None) == (everywhere is None) == (not grid.fits(request))
        if shares:
            held.append((shares, request))
            for share in shares:
                grid.take(share, request)
        if held and data.draw(st.booleans()):
            shares, request = held.pop(data.draw(st.integers(0, len(held) - 1)))
            for share in shares:
                grid.give(share, request)
    for shares, request in held:
        for share in shares:
            grid.give(share, request)
    fresh = Grid()
    for place, _ in grid.places.values():
        fresh.put(place, usable(place))
    for request in asked:
        assert grid.total(request) == fresh.total(request)
        assert grid.most(request) == fresh.most(request)


def test_nodes_that_are_shut_or_limited_are_left_alone() -> None:
    grid = Grid()
    for name in ("a", "b"):
        grid.put(node(name), usable(node(name)))
    two = Request(Kind.GPU, 2)
    shares = grid.seat(two, shut={"a"})
    assert shares
    assert shares[0].node == "b"
    assert grid.seat(two, limits={"a": 1, "b": 1}) is None
    shares = grid.seat(two, limits={"a": 1, "b": 2})
    assert shares
    assert shares[0].node == "b"


def test_a_node_that_went_is_not_handed_out() -> None:
    grid = Grid()
    grid.put(node("a"), usable(node("a")))
    assert grid.total(Request(Kind.GPU, 1)) == grid.capacity == 8
    grid.remove("a")
    assert grid.seat(Request(Kind.GPU, 1)) is None
    assert grid.total(Request(Kind.GPU, 1)) == grid.capacity == 0
