"""Fleets drawn at random on which some jobs run and some wait: what the tests of `why` begin with."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

from tensorfleet.core.inputs import NodeConnected, NodeJoined, Reserve, SetLabels, SetPolicy
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import Discipline, JobClass, Policy, Slice
from tensorfleet.errors import ImpossibleRequest
from unit.fleets import World, facts

GB = 10**9
CARDS = (("NVIDIA A100", 40), ("NVIDIA A100", 80), ("NVIDIA H100", 80))


def add_node(world: World, name: str, slots: int, gpus: int, model: str, memory: int, rack: str) -> None:
    cards = tuple(Gpu(f"{name}-{index}", index, model, memory * GB) for index in range(gpus))
    world.do(NodeJoined(Node(f"id-{name}", name), "test"))
    world.do(NodeConnected(f"id-{name}", replace(facts(slots, machine=name, node=name), gpus=cards), ()))
    world.do(SetLabels(f"id-{name}", {"rack": rack, "net": "ib"}, "test"))


def crowded(seed: int) -> World:
    """A fleet on which some run and some wait."""
    dice = random.Random(seed)
    world = World()
    teams = {"vision": Slice(cap=dice.randint(2, 10))} if dice.random() < 0.2 else {}
    rule = dice.choice((Discipline.DEFAULT, Discipline.DEFAULT, Discipline.EASY, Discipline.FIFO))
    world.do(SetPolicy(Policy(teams=teams, discipline=rule, backfill_depth=dice.choice((2, 100))), "admin"))
    for number in range(dice.randint(1, 4)):
        add_node(
            world, f"n{number}", dice.choice((0, 4)), dice.choice((2, 4, 8)), *dice.choice(CARDS), dice.choice("ab")
        )
    if dice.random() < 0.3:
        begins = dice.choice((0.0, 1800.0))
        world.do(Reserve(Booking("r1", 1000 + begins, 9000.0, ("id-n0",), team="nlp", by="eve")))
    for number in range(dice.randint(4, 14)):
        world.mono += dice.uniform(0, 2)
        world.hear(*(each.name for each in world.control.fleet.nodes.values()))
        with suppress(ImpossibleRequest):
            world.submit(
                f"j{number:02d}",
                gang(dice),
                max_duration=dice.choice((0.0, 600.0, 7200.0)),
                preemptible=dice.choice((None, None, False)),
                job_class=dice.choice((JobClass.NORMAL, JobClass.NORMAL, JobClass.BATCH)),
                priority=dice.choice((50, 90)),
            )
        world.obey()
    return world


def gang(dice: random.Random) -> Request:
    if dice.random() < 0.2:
        return Request(Kind.SLOT, dice.choice((1, 2, 4)), cpus=dice.choice((0, 3.0)), memory=dice.choice((0, 20 * GB)))
    nodes = dice.choice((0, 0, 1, 2))
    ranks = dice.choice((1, 2, 3, 4, 8)) * max(1, nodes)
    plain = Request(
        Kind.GPU,
        ranks,
        nodes,
        gpu_model=dice.choice(("", "", "A100", "H100", "A100|H100")),
        gpu_memory=dice.choice((0, 0, 60 * GB)),
        gpu_memory_max=dice.choice((0, 0, 50 * 2**30, 80 * GB)),
        labels=dice.choice(((), (), (("rack", "a"),), (("net", "ib"), ("rack", "b")))),
        spread=dice.random() < 0.1,
        apart=dice.choice(("", "", "", "x")),
    )
    if nodes == 2 and dice.random() < 0.3:
        return replace(plain, shape=(ranks - 1, 1)) if ranks > 2 else plain
    return replace(plain, min_nodes=2) if nodes == 2 and dice.random() < 0.3 else plain
