"""Silence is a state first and a verdict much later."""

from __future__ import annotations

from tensorfleet.core.actions import Assign, Halt
from tensorfleet.core.fleet import LOST_AFTER, UNREACHABLE_AFTER
from tensorfleet.core.inputs import NodeConnected, NodeDisconnected, TaskFact, Tick
from tensorfleet.core.job import JobState, TaskPhase
from tensorfleet.core.node import NodeState
from tensorfleet.core.resources import Request
from unit.fleets import World, facts


def running() -> World:
    world = World()
    world.add_node("a", machine="m1")
    world.submit("j", Request())
    world.obey()
    return world


def state(world: World) -> NodeState:
    node = world.control.fleet.nodes.get("id-a")
    assert node is not None
    return world.control.fleet.node_state(node, world.now)


def test_a_silent_node_is_unreachable_after_the_lease_and_its_job_goes_on() -> None:
    world = running()
    world.mono += UNREACHABLE_AFTER - 0.1
    world.do(Tick())
    assert state(world) is NodeState.ONLINE
    world.mono += 0.2
    world.do(Tick())
    assert state(world) is NodeState.UNREACHABLE
    assert world.jobs["j"].state is JobState.RUNNING
    assert not world.control.fleet.reachable(world.jobs["j"], world.now)
    assert world.events[-1] == "node.unreachable"


def test_a_node_that_comes_back_goes_on() -> None:
    world = running()
    world.mono += UNREACHABLE_AFTER + 1
    world.do(Tick())
    world.hear("a")
    assert state(world) is NodeState.ONLINE
    assert len(world.jobs["j"].attempts) == 1


def test_a_lost_node_costs_the_attempt_and_the_job_starts_elsewhere() -> None:
    world = running()
    world.add_node("b", machine="m2")
    world.mono += LOST_AFTER + 1
    world.hear("b")
    world.do(Tick())
    assert world.jobs["j"].attempts[-1].number == 2
    assert world.jobs["j"].attempts[-1].shares[0].node == "id-b"


def test_the_stale_attempt_of_a_returning_node_is_ended() -> None:
    world = running()
    world.add_node("b", machine="m2")
    world.mono += LOST_AFTER + 1
    world.hear("b")
    world.do(Tick())
    world.obey()
    world.do(NodeConnected("id-a", facts(node="a", machine="m1"), (TaskFact("j.1.0", TaskPhase.RUNNING),)))
    assert Halt("id-a", "j.1.0", 0.0) in world.sent


def test_a_command_lost_with_the_connection_is_sent_again() -> None:
    world = World()
    world.add_node("a")
    world.submit("j", Request())
    world.sent.clear()
    world.do(NodeDisconnected("id-a"))
    world.do(NodeConnected("id-a", facts(node="a"), ()))
    assert any(isinstance(action, Assign) for action in world.sent)


def test_a_node_that_forgot_a_running_share_costs_the_attempt() -> None:
    world = running()
    world.do(NodeConnected("id-a", facts(node="a"), ()))
    assert world.jobs["j"].attempts[-1].number == 2


def test_nothing_is_placed_on_a_disconnected_node() -> None:
    world = World()
    world.add_node("a")
    world.do(NodeDisconnected("id-a"))
    world.submit("j", Request())
    assert world.jobs["j"].state is JobState.QUEUED


def test_a_job_over_its_max_duration_is_ended_and_failed() -> None:
    world = World()
    world.add_node("a")
    world.submit("j", Request(), max_duration=60.0)
    world.obey()
    for _ in range(61):
        world.mono += 1
        world.hear("a")
    world.do(Tick())
    world.obey()
    job = world.jobs["j"]
    assert job.state is JobState.FAILED
    assert job.cause is not None
    assert job.cause.code.value == "timeout"
