"""Row 9: a node whose link comes and goes keeps its jobs, gets no new ones, and does again once the link stays."""

from __future__ import annotations

from tensorfleet.core.inputs import NodeConnected, NodeDisconnected
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Request
from unit.fleets import World, facts


def flap(world: World, times: int, silent: float = 3.5) -> None:
    for _ in range(times):
        world.wait(silent)
        world.wait(1.0, "a")


def test_a_link_that_comes_and_goes_gets_no_new_work_until_it_stays() -> None:
    world = World()
    world.add_node("a", slots=2)
    world.submit("first", Request())
    world.obey()
    flap(world, 5)
    world.submit("second", Request())
    assert world.jobs["first"].state is JobState.RUNNING
    assert world.jobs["first"].attempts[-1].number == 1
    assert world.jobs["second"].state is JobState.QUEUED
    world.wait(31.0, "a")
    assert world.jobs["second"].state is JobState.STARTING
    assert world.events.count("node.unstable") == world.events.count("node.stable") == 1


def test_three_short_cuts_do_not_make_it_one() -> None:
    world = World()
    world.add_node("a", slots=2)
    flap(world, 3)
    world.submit("first", Request())
    assert world.jobs["first"].state is JobState.STARTING


def test_a_head_that_could_not_listen_blames_no_link() -> None:
    world = World()
    world.add_node("a", slots=2)
    for _ in range(6):
        world.mono += 3.5
        world.wait(1.0, "a")
    world.submit("first", Request())
    assert world.jobs["first"].state is JobState.STARTING
    assert "node.unstable" not in world.events


def test_an_agent_that_is_restarted_often_does_not_make_it_one() -> None:
    world = World()
    world.add_node("a", slots=2)
    for _ in range(6):
        world.do(NodeDisconnected("id-a"))
        world.wait(4.0)
        world.do(NodeConnected("id-a", facts(slots=2, node="a"), ()))
        world.wait(1.0, "a")
    world.submit("first", Request())
    assert world.jobs["first"].state is JobState.STARTING
