"""Where a gang is seated: best fit in a node, whole nodes on one switch beyond, spread and apart where asked."""

from __future__ import annotations

import pytest

from tensorfleet.core.feasible import whole
from tensorfleet.core.gang import seat_gang, take
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Free, Kind, Request


def place(name: str, free: int = 8, *, of: int = 8, switch: str = "", **labels: str) -> tuple[Node, Free]:
    """A node with `of` GPUs, the first `free` of which are free."""
    gpus = tuple(Gpu(f"{name}{index}", index, "A100", 80 * 2**30) for index in range(of))
    node = Node(
        f"id-{name}", name, cpus=64.0, memory=2**38, gpus=gpus, labels=labels | ({"switch": switch} if switch else {})
    )
    return node, Free(0, tuple(gpu.uuid for gpu in gpus[:free]), 64.0, 2**38)


def seated(request: Request, *places: tuple[Node, Free]) -> dict[str, int] | None:
    shares = seat_gang(places, request)
    return None if shares is None else {share.node_name: share.ranks for share in shares}


def gpus(ranks: int, **more: object) -> Request:
    return Request(Kind.GPU, ranks, **more)  # type: ignore[arg-type]


def test_what_one_node_can_hold_goes_to_the_fullest_that_takes_it() -> None:
    fleet = place("a", 8), place("b", 3), place("c", 5)
    assert seated(gpus(3), *fleet) == {"b": 3}
    assert seated(gpus(4), *fleet) == {"c": 4}
    assert seated(gpus(2, nodes=1), *fleet) == {"b": 2}


def test_a_larger_gang_takes_whole_nodes_and_leaves_the_remainder_to_the_fullest() -> None:
    fleet = place("a", 12, of=16), place("b", 8), place("c", 8), place("d", 4)
    assert seated(gpus(20), *fleet) == {"b": 8, "c": 8, "d": 4}


def test_it_stays_on_one_switch_where_one_holds_it() -> None:
    fleet = place("a", switch="s1"), place("b", switch="s2"), place("c", 5, switch="s2"), place("d", 5, switch="s2")
    assert seated(gpus(16), *fleet) == {"b": 8, "c": 5, "d": 3}
    assert seated(gpus(16, nodes=2), *fleet) == {"a": 8, "b": 8}, "whole nodes in given sizes are only there"
    assert seated(gpus(10, nodes=2), *fleet) == {"c": 5, "d": 5}


def test_of_the_switches_that_hold_it_the_one_with_the_least_to_spare() -> None:
    big = [place(f"b{number}", switch="big") for number in range(4)]
    small = [place(f"s{number}", switch="small") for number in range(2)]
    assert seated(gpus(16), *big, *small) == {"s0": 8, "s1": 8}
    assert seated(gpus(24), *big, *small) == {"b0": 8, "b1": 8, "b2": 8}


def test_otherwise_on_as_few_switches_as_can_be() -> None:
    fleet = [
        place(f"{switch}{number}", switch=switch)
        for switch, count in (("p", 1), ("q", 2), ("r", 3))
        for number in range(count)
    ]
    assert seated(gpus(32, nodes=4), *fleet) == {"p0": 8, "r0": 8, "r1": 8, "r2": 8}
    assert seated(gpus(40), *fleet) == {"q0": 8, "q1": 8, "r0": 8, "r1": 8, "r2": 8}


def test_a_switch_that_is_known_is_better_than_none() -> None:
    fleet = place("a"), place("b"), place("x", switch="s1"), place("y", switch="s1")
    assert seated(gpus(16), *fleet) == {"x": 8, "y": 8}


def test_a_shape_is_matched_from_its_largest_part_and_ranked_as_it_was_written() -> None:
    fleet = place("a", 4), place("b", 2), place("c", 3)
    shares = seat_gang(fleet, gpus(8, nodes=3, shape=(2, 4, 2)))
    assert shares
    assert [(share.node_name, share.ranks, share.first_rank) for share in shares] == [
        ("b", 2, 0),
        ("a", 4, 2),
        ("c", 2, 6),
    ]
    assert seated(gpus(8, nodes=3, shape=(4, 2, 2)), place("a", 4), place("b", 2), place("c", 1)) is None
    assert seated(gpus(8, nodes=2, shape=(6, 2)), place("a", 8), place("b", 1)) is None, "one share a node"


def test_spread_means_one_rank_a_node_and_one_switch_after_the_other() -> None:
    fleet = [place(f"{switch}{number}", switch=switch) for switch in ("p", "q") for number in range(3)]
    assert seated(gpus(4, spread=True), *fleet) == {"p0": 1, "q0": 1, "p1": 1, "q1": 1}
    assert seated(gpus(8, spread=True), *fleet) == {"p0": 2, "q0": 2, "p1": 1, "q1": 1, "p2": 1, "q2": 1}
    assert seated(gpus(8, nodes=2, spread=True), *fleet) == {"p0": 4, "q0": 4}
    assert seated(gpus(4, nodes=2, shape=(3, 1), spread=True), *fleet) == {"p0": 3, "q0": 1}
    assert seated(gpus(2, nodes=1, spread=True), *fleet) == {"p0": 2}


def test_labels_keep_a_gang_to_the_nodes_that_have_all_of_them() -> None:
    fleet = place("a", rack="1"), place("b", rack="2", room="x"), place("c", rack="2")
    assert seated(gpus(1, labels=(("rack", "2"), ("room", "x"))), *fleet) == {"b": 1}
    assert seated(gpus(16, labels=(("rack", "2"),)), *fleet) == {"b": 8, "c": 8}
    assert seated(gpus(1, labels=(("rack", "3"),)), *fleet) is None


def test_the_label_node_is_a_node_s_own_name_where_nobody_said_otherwise() -> None:
    fleet = place("a"), place("b"), place("c", node="gamma")
    assert seated(gpus(1, labels=(("node", "b"),)), *fleet) == {"b": 1}
    assert seated(gpus(1, labels=(("node", "gamma"),)), *fleet) == {"c": 1}
    assert seated(gpus(1, labels=(("node", "c"),)), *fleet) is None
    assert seated(gpus(16, labels=(("node", "b"),)), *fleet) is None


def test_jobs_that_keep_apart_share_no_node() -> None:
    request = gpus(2, apart="web")
    node, free = place("a")
    first = seat_gang([(node, free)], request)
    assert first
    left = take(free, first[0], request)
    assert seat_gang([(node, left)], request) is None
    assert seat_gang([(node, left)], gpus(2, apart="other"))
    assert seat_gang([(node, left)], gpus(2))


@pytest.mark.parametrize(
    ("wanted", "model", "is_one"),
    [
        ("a100", "NVIDIA A100-SXM4-80GB", True),
        ("A10", "NVIDIA A100-SXM4-80GB", False),
        ("L4", "NVIDIA L40S", False),
        ("L4", "NVIDIA L4", True),
        ("4090", "NVIDIA GeForce RTX 4090", True),
        ("H100|A100", "NVIDIA H100 80GB HBM3", True),
        ("H100|A100", "NVIDIA L4", False),
        ("A10", "NVIDIA A10G", True),
    ],
)
def test_a_word_for_a_model_cuts_no_number_in_two(wanted: str, model: str, is_one: bool) -> None:
    node = Node("n", "n", gpus=(Gpu("g", 0, model, 1),))
    assert bool(seat_gang([(node, whole(node))], gpus(1, gpu_model=wanted))) is is_one


def test_memory_is_a_range_with_both_ends() -> None:
    cards = [
        (Node(name, name, gpus=(Gpu(name, 0, "A100", size * 2**30),)))
        for name, size in (("a", 24), ("b", 40), ("c", 80))
    ]
    fleet = [(node, whole(node)) for node in cards]
    assert seated(gpus(1, gpu_memory=40 * 10**9, gpu_memory_max=80 * 2**30), *fleet) == {"b": 1}
    assert seated(gpus(1, gpu_memory=41 * 2**30, gpu_memory_max=80 * 2**30), *fleet) == {"c": 1}
    assert seated(gpus(1, gpu_memory_max=24 * 2**30), *fleet) == {"a": 1}
    assert seated(gpus(2, gpu_memory_max=24 * 2**30), *fleet) is None
