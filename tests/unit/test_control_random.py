"""Whatever happens in whatever order, the invariants hold. `World.do` checks them after every input."""

from __future__ import annotations

import random

import pytest

from tensorfleet.core.inputs import (
    NodeConnected,
    NodeDisconnected,
    SetDrain,
    Stop,
    TaskEnded,
    TaskFact,
    TaskPrepared,
    TaskRunning,
    Tick,
)
from tensorfleet.core.job import TERMINAL, CauseCode, RankExit, TaskPhase
from tensorfleet.core.resources import Kind, Request
from tensorfleet.errors import UserError
from unit.fleets import World, facts


@pytest.mark.parametrize("seed", range(60))
def test_invariants_hold_under_any_order_of_events(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    names = ["a", "b", "c"]
    for name in names:
        world.add_node(name, slots=3, gpus=2, machine=name)
    for step in range(150):
        world.mono += rng.choice([0.0, 0.1, 1.0, 15.0])
        try:
            _something(world, rng, names, step)
        except UserError:
            world.control.drop()
    _let_everything_end(world, names)
    assert all(job.state in TERMINAL for job in world.jobs.values()), f"seed {seed}"


def _something(world: World, rng: random.Random, names: list[str], step: int) -> None:
    name = rng.choice(names)
    node = f"id-{name}"
    shares = [(job, share) for job in world.control.fleet.placed() for share in job.attempts[-1].shares]
    allocs = [f"{job.id}.{job.attempts[-1].number}.{share.node_rank}" for job, share in shares]
    alloc = rng.choice([*allocs, "none.1.0"])
    match rng.randrange(10):
        case 0 | 1 | 2:
            kind = rng.choice([Kind.SLOT, Kind.GPU])
            ranks, nodes = rng.choice([(1, 0), (2, 0), (4, 0), (2, 2), (4, 2)])
            world.submit(f"j{step}", Request(kind, ranks, nodes))
        case 3:
            world.do(Stop(f"j{rng.randrange(step + 1)}", "x", rng.choice([CauseCode.STOPPED, CauseCode.KILLED])))
        case 4:
            world.do(TaskPrepared(node, alloc, 4000))
        case 5:
            world.do(TaskRunning(node, alloc))
        case 6:
            exits = (RankExit(0, rng.choice([0, 1])),)
            world.do(TaskEnded(node, alloc, exits, error=rng.choice(["", "gone."]), fault=rng.random() < 0.3))
        case 7:
            facts_of = tuple(TaskFact(a, TaskPhase.RUNNING) for a in allocs if rng.random() < 0.7)
            world.do(NodeDisconnected(node))
            world.do(NodeConnected(node, facts(3, 2, name, name), facts_of))
        case 8:
            world.do(SetDrain(node, rng.random() < 0.5, "x"))
        case _:
            world.hear(*names)
            world.do(Tick())


def _let_everything_end(world: World, names: list[str]) -> None:
    for name in names:
        world.do(SetDrain(f"id-{name}", False, "x"))
    for _ in range(400):
        world.mono += 0.5
        world.hear(*names)
        for job, share in [(j, s) for j in world.control.fleet.placed() for s in j.attempts[-1].shares]:
            alloc = f"{job.id}.{job.attempts[-1].number}.{share.node_rank}"
            if share.phase is not TaskPhase.ENDED:
                exits = tuple(RankExit(share.first_rank + i, 0) for i in range(share.ranks))
                world.do(TaskEnded(share.node, alloc, exits))
        for name in names:
            for alloc in sorted(world.control.fleet.links[f"id-{name}"].stale):
                world.do(TaskEnded(f"id-{name}", alloc))
        if not list(world.control.fleet.jobs.values()):
            return
