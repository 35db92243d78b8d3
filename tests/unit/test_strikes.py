"""A node that fails job after job is drained; a job that fails everywhere drains nothing."""

from __future__ import annotations

from tensorfleet.core.inputs import SetDrain, Stop, TaskEnded
from tensorfleet.core.job import CauseCode, JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.strikes import WINDOW
from unit.fleets import World

ONE = Request(Kind.SLOT, ranks=1)


def fleet(*names: str) -> World:
    world = World()
    for name in names:
        world.add_node(name, slots=8)
    return world


def fail(world: World, job: str, error: str = "its disk is full.") -> str:
    """`job` starts and its node fails it; that node's name."""
    world.submit(job, ONE)
    world.obey()
    share = world.jobs[job].attempts[-1].shares[0]
    world.do(TaskEnded(share.node, f"{job}.{world.jobs[job].attempts[-1].number}.0", error=error, fault=True))
    world.do(Stop(job, "ada", CauseCode.KILLED))
    world.obey()
    return share.node_name


def drained(world: World) -> list[str]:
    return [node.name for node in world.control.fleet.nodes.values() if node.drain]


def test_three_jobs_within_an_hour_are_one_too_many() -> None:
    world = fleet("a", "b", "c")
    for number in range(2):
        assert fail(world, f"j{number}") == "a"
        assert drained(world) == []
    fail(world, "j2")
    assert drained(world) == ["a"]
    assert "node.drain" in world.events
    assert fail(world, "j3") == "b"


def test_old_strikes_do_not_count() -> None:
    world = fleet("a", "b", "c")
    fail(world, "j0")
    fail(world, "j1")
    world.mono += WINDOW
    world.hear("a", "b", "c")
    fail(world, "j2")
    assert drained(world) == []


def test_one_job_that_fails_everywhere_drains_nothing() -> None:
    world = fleet("a", "b", "c")
    world.submit("j", ONE)
    for _ in range(4):
        world.obey()
        attempt = world.jobs["j"].attempts[-1]
        world.do(TaskEnded(attempt.shares[0].node, f"j.{attempt.number}.0", error="x.", fault=True))
        world.wait(61, "a", "b", "c")
    assert world.jobs["j"].state is JobState.FAILED
    assert drained(world) == []


def test_half_of_the_fleet_stays_in_use_whatever_happens() -> None:
    world = fleet("a", "b")
    for number in range(12):
        fail(world, f"j{number}")
    assert len(drained(world)) == 1


def test_an_operator_takes_it_back_with_a_clean_slate() -> None:
    world = fleet("a", "b", "c")
    for number in range(3):
        fail(world, f"j{number}")
    world.do(SetDrain("id-a", False, "ada"))
    node = world.control.fleet.nodes.get("id-a")
    assert node is not None
    assert not node.drain
    assert node.strikes == ()
