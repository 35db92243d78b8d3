"""Every change that is offered to a waiting job starts it, on whatever fleet."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from tensorfleet.core.inputs import SetPolicy, Submit
from tensorfleet.core.job import JobState
from tensorfleet.core.remedy import remedy
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.policy import Policy, Slice
from tensorfleet.errors import ImpossibleRequest
from unit.fleets import World, spec

KINDS = ("", "A100", "H100")


def crowded(seed: int) -> World:
    """A fleet on which some run and some wait."""
    dice = random.Random(seed)
    world = World()
    for number in range(dice.randint(1, 4)):
        world.add_node(f"n{number}", slots=dice.choice((0, 4)), gpus=dice.choice((2, 4, 8)))
    if dice.random() < 0.3:
        world.do(SetPolicy(Policy(teams={"vision": Slice(cap=dice.randint(2, 10))}), "admin"))
    for number in range(dice.randint(4, 14)):
        world.mono += dice.uniform(0, 2)
        world.hear(*(each.name for each in world.control.fleet.nodes.values()))
        with suppress(ImpossibleRequest):
            world.submit(f"j{number:02d}", gang(dice), max_duration=dice.choice((0.0, 600.0, 7200.0)))
        world.obey()
    return world


def gang(dice: random.Random) -> Request:
    nodes = dice.choice((0, 0, 1, 2))
    ranks = dice.choice((1, 2, 3, 4, 8)) * max(1, nodes)
    return Request(Kind.GPU, ranks, nodes, gpu_model=dice.choice(KINDS), labels=dice.choice(((), (("rack", "a"),))))


@pytest.mark.parametrize("first", range(0, 240, 80))
def test_every_change_that_is_offered_starts_the_job(first: int) -> None:
    offered = 0
    for seed in range(first, first + 80):
        world = crowded(seed)
        waiting = [job for job in world.jobs.values() if job.state is JobState.QUEUED]
        for job in waiting:
            scheduler, at = world.control.dispatch.scheduler, world.control.dispatch.clock(world.now)
            found = remedy(scheduler.line.asks[job.id], scheduler, at)
            if found is None:
                continue
            offered += 1
            limit = job.spec.max_duration if found.max_duration is None else found.max_duration
            changed = replace(job.spec, name="again", request=found.request, max_duration=limit)
            actions = world.control.handle(Submit("again", changed, job.owner, job.team), world.now)
            world.control.settle(world.now)
            fresh = world.control.fleet.jobs.get("again")
            assert fresh is not None
            assert fresh.state is JobState.STARTING, (seed, job.id, found)
            assert actions
            world.control.drop()
    assert offered > 10


def test_a_limit_is_offered_where_only_a_promise_is_in_the_way() -> None:
    world = World()
    world.add_node("a", slots=2)
    world.submit("one", Request(Kind.SLOT, ranks=1), max_duration=3600.0)
    world.submit("wide", Request(Kind.SLOT, ranks=2))
    world.submit("small", Request(Kind.SLOT, ranks=1))
    scheduler = world.control.dispatch.scheduler
    found = remedy(scheduler.line.asks["small"], scheduler, world.control.dispatch.clock(world.now))
    assert found is not None
    assert found.max_duration == pytest.approx(3540, abs=60)
    assert spec(found.request).request.ranks == 1
