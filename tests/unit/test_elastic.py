"""Elastic jobs: as many nodes as there are, fewer after a loss, more again when nobody waits."""

from __future__ import annotations

from tensorfleet.core.fleet import UNREACHABLE_AFTER
from tensorfleet.core.inputs import CheckpointDone, TaskEnded
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.elastic import SETTLED
from unit.fleets import World

ELASTIC = Request(Kind.SLOT, ranks=6, nodes=3, min_nodes=1)
"""One to three nodes with two ranks each."""


def fleet(*names: str) -> World:
    world = World()
    for name in names:
        world.add_node(name, slots=2, machine=name)
    return world


def nodes(world: World) -> list[str]:
    return [share.node_name for share in world.jobs["j"].attempts[-1].shares]


def save(world: World) -> None:
    """Every share of the running attempt reports its part of a checkpoint."""
    attempt = world.jobs["j"].attempts[-1]
    for share in attempt.shares:
        alloc, parts = f"j.{attempt.number}.{share.node_rank}", len(attempt.shares)
        world.do(CheckpointDone(share.node, alloc, 1, 7, parts, "0" * 64, 9, {}, "", world.now.wall))


def test_it_starts_on_what_there_is() -> None:
    world = fleet("a", "b")
    world.submit("j", ELASTIC)
    assert nodes(world) == ["a", "b"]
    world.obey()
    assert world.jobs["j"].state is JobState.RUNNING


def test_it_waits_for_its_least() -> None:
    world = fleet("a")
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=1))
    world.submit("k", Request(Kind.SLOT, ranks=6, nodes=3, min_nodes=1))
    assert "1 to 3 nodes x 2 slots" in world.why("k").text


def test_a_lost_node_costs_it_a_node_and_not_its_run() -> None:
    world = fleet("a", "b", "c")
    world.submit("j", ELASTIC)
    world.obey()
    world.wait(UNREACHABLE_AFTER + 1, "a", "b")
    for share in world.jobs["j"].attempts[0].shares[:2]:
        world.do(TaskEnded(share.node, f"j.1.{share.node_rank}"))
    assert nodes(world) == ["a", "b"]


def test_it_grows_back_when_it_has_a_checkpoint_and_nobody_waits() -> None:
    world = fleet("a", "b")
    world.submit("j", ELASTIC)
    world.obey()
    world.add_node("c", slots=2, machine="c")
    world.wait(SETTLED + 1, "a", "b", "c")
    assert world.jobs["j"].state is JobState.RUNNING, "an interruption would cost it everything"
    save(world)
    world.wait(2, "a", "b", "c")
    assert world.jobs["j"].state is JobState.PAUSING
    world.obey()
    assert len(nodes(world)) == 3
    assert world.jobs["j"].state is JobState.RUNNING
    assert "job.resized" in world.events
    world.wait(2 * SETTLED, "a", "b", "c")
    assert len(world.jobs["j"].attempts) == 2, "it has what it wants"


def test_it_makes_room_for_somebody_who_waits() -> None:
    world = fleet("a", "b")
    world.submit("j", ELASTIC)
    world.obey()
    world.wait(SETTLED + 1, "a", "b")
    save(world)
    world.submit("k", Request(Kind.SLOT, ranks=2, nodes=1))
    assert world.jobs["j"].state is JobState.PAUSING
    world.obey()
    assert (len(nodes(world)), world.jobs["k"].state) == (1, JobState.RUNNING)
    assert world.jobs["j"].state is JobState.RUNNING


def test_a_full_fleet_does_not_grow_and_shrink_it_all_the_time() -> None:
    world = fleet("a", "b")
    world.submit("j", ELASTIC)
    world.obey()
    world.wait(SETTLED + 1, "a", "b")
    save(world)
    for name in ("k", "l", "m"):
        world.submit(name, Request(Kind.SLOT, ranks=2, nodes=1))
        world.obey()
        world.wait(5, "a", "b")
        if world.jobs[name].state is JobState.RUNNING:
            world.finish(name)
            world.wait(5, "a", "b")
    assert len(world.jobs["j"].attempts) == 2
