"""A request that the fleet can never meet is refused with the constraint that fails and the nearest that would not."""

from __future__ import annotations

import pytest

from tensorfleet.core.feasible import largest, whole
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Kind, Request


def node(name: str, model: str, count: int, size: int, **labels: str) -> Node:
    gpus = tuple(Gpu(f"{name}{index}", index, model, size * 2**30) for index in range(count))
    return Node(name, name, slots=4, cpus=16.0, memory=64 * 10**9, gpus=gpus, labels=labels)


FLEET = [
    node("a", "NVIDIA A100", 8, 40, rack="a"),
    node("b", "NVIDIA A100", 4, 40, rack="b"),
    node("c", "NVIDIA L4", 2, 24),
]


def gpus(ranks: int = 1, **more: object) -> Request:
    return Request(Kind.GPU, ranks, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (gpus(15), "the largest possible is 14 GPUs on 3 nodes, at most 8 on one node"),
        (gpus(9, gpu_model="A100", labels=(("rack", "a"),)), "is 8 A100 GPUs on one node labelled rack=a"),
        (gpus(24, nodes=3, gpu_model="A100"), "at most 8 on one node; the nearest is 1 node x 8"),
        (gpus(12, nodes=3), "the nearest is 2 nodes x 4"),
        (gpus(16, nodes=3, shape=(4, 4, 8)), "the nearest shape is 8,4,2"),
        (
            gpus(labels=(("rack", "z"),)),
            "no node with a GPU is labelled rack=z; those there are have rack=a and rack=b",
        ),
        (gpus(labels=(("room", "1"),)), "no node with a GPU is labelled room=1"),
        (gpus(gpu_model="H100|H200"), "no node has a H100 or H200 GPU; there are NVIDIA A100 and NVIDIA L4"),
        (gpus(gpu_model="A100", gpu_memory=80 * 10**9), "no A100 GPU has 80 GB or more; the nearest has 40 GB"),
        (gpus(gpu_memory_max=16 * 2**30), "no GPU has at most 16 GB; the nearest has 24 GB"),
        (gpus(cpus=17.0), "no node has 17 cores for a rank; the most is 16"),
        (gpus(memory=65 * 10**9), "no node has 65 GB for a rank; the most is 64 GB"),
        (gpus(gpu_model="H100", cpus=17.0), "no node has a H100 GPU with all of what each rank asks for"),
    ],
)
def test_the_constraint_and_the_nearest_that_would_do(request_: Request, words: str) -> None:
    assert seat_gang([(each, whole(each)) for each in FLEET], request_) is None
    assert words in largest(FLEET, request_)


def test_a_fleet_without_gpus() -> None:
    assert largest([Node("n", "n", slots=4)], gpus(2)) == "no node has a GPU"
