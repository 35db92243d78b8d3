"""Who makes room: counted for many, as exactly as if each case were seated; and never more than is needed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tensorfleet.core.feasible import usable
from tensorfleet.core.gang import give, seat_gang
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Holding
from tensorfleet.core.scheduling.emptied import Emptied
from tensorfleet.core.scheduling.grid import Grid
from tensorfleet.core.scheduling.victims import choose
from unit.scheduling.board import ask, node

SIZES = (8, 8, 4, 2)
requests = st.one_of(
    st.builds(lambda ranks, spread: Request(Kind.GPU, ranks, spread=spread), st.integers(1, 16), st.booleans()),
    st.builds(lambda each, nodes: Request(Kind.GPU, each * nodes, nodes=nodes), st.integers(1, 8), st.integers(1, 4)),
    st.builds(
        lambda shape: Request(Kind.GPU, sum(shape), nodes=len(shape), shape=tuple(shape)),
        st.lists(st.integers(1, 8), min_size=1, max_size=4),
    ),
)
gangs = st.lists(st.integers(1, 12), min_size=1, max_size=12)


def filled(gangs: list[int]) -> tuple[Grid, list[Holding]]:
    """A full fleet, as far as these gangs fill it."""
    grid = Grid()
    for number, gpus in enumerate(SIZES):
        grid.put(node(f"n{number}", gpus), usable(node(f"n{number}", gpus)))
    held = []
    for number, ranks in enumerate(gangs):
        who = ask(f"j{number:02d}", ranks, float(number))
        shares = grid.seat(who.request)
        if shares:
            held.append(Holding(who, who.request, shares, 0.0, 0.0))
            for share in shares:
                grid.take(share, who.request)
    return grid, held


def seated_without(grid: Grid, gone: list[Holding], request: Request, shut: frozenset[str]) -> bool:
    over = dict(grid.places)
    for holding in gone:
        for share in holding.shares:
            over[share.node] = (over[share.node][0], give(*over[share.node], share, holding.request))
    return seat_gang([place for name, place in over.items() if name not in shut], request) is not None


@settings(max_examples=150, deadline=None)
@given(gangs, requests, st.frozensets(st.sampled_from(["n0", "n1", "n2", "n3"]), max_size=2), st.data())
def test_counting_says_what_seating_would(
    gangs: list[int], request: Request, shut: frozenset[str], data: st.DataObject
) -> None:
    grid, held = filled(gangs)
    room = Emptied(request, grid, shut)
    gone: list[Holding] = []
    for _ in range(6):
        assert room.enough() == seated_without(grid, gone, request, shut)
        if gone and data.draw(st.booleans()):
            room.restore(gone.pop(data.draw(st.integers(0, len(gone) - 1))))
        elif len(gone) < len(held):
            gone.append(data.draw(st.sampled_from([each for each in held if each not in gone])))
            room.release(gone[-1])


@settings(max_examples=150, deadline=None)
@given(gangs, requests, st.frozensets(st.sampled_from(["n0", "n1", "n2", "n3"]), max_size=2), st.data())
def test_those_who_are_chosen_are_enough_and_all_needed(
    gangs: list[int], request: Request, shut: frozenset[str], data: st.DataObject
) -> None:
    grid, held = filled(gangs)
    prices = {each.ask.id: data.draw(st.sampled_from([0.0, 1.0, 2.5, 60.0])) * each.ranks for each in held}
    newcomer = ask("new", request.ranks)
    newcomer.request = request
    chosen = choose(newcomer, grid, held, shut, lambda each: prices[each.ask.id])
    if seated_without(grid, [], request, shut):
        return
    if not chosen:
        assert not seated_without(grid, held, request, shut)
        return
    assert seated_without(grid, chosen, request, shut)
    # A gang that fits on one node is made room for there, even where some of it would fit elsewhere. There may be room
    # on another node by then for less, where that costs no more.
    nodes = frozenset(grid.places)
    alone = [nodes - {each} for each in nodes - shut if seated_without(grid, chosen, request, nodes - {each})]
    wheres = alone if request.nodes <= 1 and alone else [shut]
    less = [[each for each in chosen if each is not spared] for spared in chosen]
    assert any(not any(seated_without(grid, rest, request, where) for rest in less) for where in wheres)


def test_of_all_nodes_the_one_is_emptied_where_that_costs_the_least() -> None:
    grid, held = filled([8, 4, 4, 1, 3])
    prices = {"j00": 10.0, "j01": 6.0, "j02": 9.0, "j03": 1.0, "j04": 4.0}
    placed = {each.ask.id: each.shares[0].node for each in held}
    assert placed == {"j00": "n0", "j01": "n2", "j02": "n1", "j03": "n3", "j04": "n1"}
    newcomer = ask("new", 4)
    chosen = choose(newcomer, grid, held, frozenset(), lambda each: prices[each.ask.id])
    assert [each.ask.id for each in chosen or []] == ["j04"]
    chosen = choose(newcomer, grid, held, frozenset({"n1"}), lambda each: prices[each.ask.id])
    assert [each.ask.id for each in chosen or []] == ["j01"]
