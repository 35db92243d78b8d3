"""A gang starts whole, ends whole, and takes its siblings with it."""

from __future__ import annotations

import pytest

from tensorfleet.core.actions import Assign, Halt, Launch
from tensorfleet.core.inputs import Stop, TaskEnded, TaskPrepared, TaskRunning
from tensorfleet.core.job import CauseCode, JobState, RankExit, RetryPolicy
from tensorfleet.core.resources import Kind, Request
from tensorfleet.errors import ImpossibleRequest
from unit.fleets import World


def two_nodes(**more: object) -> World:
    world = World()
    world.add_node("a", machine="m1", **more)
    world.add_node("b", machine="m2", **more)
    return world


def test_a_gang_is_launched_when_every_node_is_ready_with_the_port_of_rank_0() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    assigned = [world.sent.popleft(), world.sent.popleft()]
    assert [type(action) for action in assigned] == [Assign, Assign]
    world.do(TaskPrepared("id-b", "j.1.1", 0))
    assert not world.sent
    world.do(TaskPrepared("id-a", "j.1.0", 4711))
    assert list(world.sent) == [
        Launch("id-a", "j.1.0", "10.0.0.1:4711"),
        Launch("id-b", "j.1.1", "10.0.0.1:4711"),
    ]
    world.obey()
    assert world.jobs["j"].state is JobState.RUNNING


def test_a_gang_on_one_machine_meets_on_the_loopback() -> None:
    world = World()
    world.add_node("a", machine="same")
    world.add_node("b", machine="same")
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.do(TaskPrepared("id-a", "j.1.0", 4711))
    world.do(TaskPrepared("id-b", "j.1.1", 0))
    assert Launch("id-b", "j.1.1", "127.0.0.1:4711") in world.sent


def test_it_succeeds_when_all_ranks_end_with_0() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.obey()
    world.finish("j")
    assert world.jobs["j"].state is JobState.SUCCEEDED
    assert world.jobs["j"].cause is not None
    assert world.jobs["j"].cause.exit_code == 0


def test_a_failing_rank_halts_the_rest_and_is_named() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.obey()
    world.end("id-b", "j.1.1", code=7)
    assert any(isinstance(action, Halt) and action.alloc == "j.1.0" for action in world.sent)
    world.obey()
    cause = world.jobs["j"].cause
    assert cause is not None
    assert (cause.code, cause.rank, cause.node, cause.exit_code) == (CauseCode.EXIT, 1, "b", 7)


@pytest.mark.parametrize(("signal", "status"), [(9, 137), (11, 139)])
def test_a_signal_becomes_the_exit_code_of_a_shell(signal: int, status: int) -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=1), retry=RetryPolicy(0))
    world.obey()
    node = world.jobs["j"].attempts[-1].shares[0].node
    world.end(node, "j.1.0", signal=signal)
    assert world.jobs["j"].cause is not None
    assert world.jobs["j"].cause.exit_code == status


def test_a_rank_that_cannot_start_is_the_users_and_not_repeated() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=1))
    world.obey()
    node = world.jobs["j"].attempts[-1].shares[0].node
    exits = (RankExit(0, 127, None, 0.0, "nosuch: command not found"),)
    world.do(TaskEnded(node, "j.1.0", exits, first_failed=0))
    job = world.jobs["j"]
    assert job.state is JobState.FAILED
    assert job.cause is not None
    assert job.cause.code is CauseCode.START
    assert "nosuch" in job.cause.text


def test_stop_ends_every_share_and_is_cancelled() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.obey()
    world.do(Stop("j", "ada", CauseCode.STOPPED))
    assert world.jobs["j"].state is JobState.STOPPING
    world.obey()
    assert world.jobs["j"].state is JobState.CANCELLED


def test_stop_between_assignment_and_launch_lets_nothing_start() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.sent.clear()
    world.do(TaskPrepared("id-a", "j.1.0", 4711))
    world.do(Stop("j", "ada", CauseCode.STOPPED))
    world.sent.clear()
    world.do(TaskPrepared("id-b", "j.1.1", 0))
    assert not any(isinstance(action, Launch) for action in world.sent)


def test_a_queued_job_is_cancelled_at_once() -> None:
    world = World()
    world.submit("j", Request(Kind.GPU, ranks=1))
    world.do(Stop("j", "ada", CauseCode.STOPPED))
    assert world.jobs["j"].state is JobState.CANCELLED


def test_a_report_about_an_older_attempt_changes_nothing() -> None:
    world = two_nodes()
    world.submit("j", Request(Kind.SLOT, ranks=1))
    world.obey()
    node = world.jobs["j"].attempts[-1].shares[0].node
    fault = TaskEnded(node, "j.1.0", error="the disk is full.", fault=True)
    world.do(fault)
    world.obey()
    assert world.jobs["j"].attempts[-1].number == 2
    world.do(fault)
    world.do(TaskRunning(node, "j.1.0"))
    assert world.jobs["j"].state is JobState.RUNNING
    assert world.jobs["j"].attempts[-1].number == 2


def test_a_request_beyond_the_fleet_is_refused_with_the_largest_possible() -> None:
    world = two_nodes(slots=4)
    with pytest.raises(ImpossibleRequest, match=r"largest possible is 8 slots on 2 nodes, at most 4 on one node"):
        world.submit("j", Request(Kind.SLOT, ranks=9))
