"""Pause, resume and requeue: what becomes of the attempt, and of a job that ends while it is asked to rest."""

from __future__ import annotations

import pytest

from tensorfleet.core.actions import Halt
from tensorfleet.core.inputs import NodeConnected, NodeDisconnected, Pause, Resume, Stop, TaskEnded, TaskFact
from tensorfleet.core.job import CauseCode, JobState, RankExit, TaskPhase
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.wishes import PAUSE_GRACE
from tensorfleet.errors import Conflict
from unit.fleets import World, facts

PAIR = Request(Kind.SLOT, ranks=2, nodes=2)


def running(name: str = "j") -> World:
    world = World()
    world.add_node("a", slots=1)
    world.add_node("b", slots=1)
    world.submit(name, PAIR)
    world.obey()
    return world


def halts(world: World) -> list[Halt]:
    return [action for action in world.sent if isinstance(action, Halt)]


def answer(world: World, *, code: int = 0, heard: bool = True) -> None:
    """Ranks that were asked to end do so by themselves."""
    world.sent.clear()
    attempt = world.jobs["j"].attempts[-1]
    for share in attempt.shares:
        alloc = f"j.{attempt.number}.{share.node_rank}"
        world.do(TaskEnded(share.node, alloc, (RankExit(share.first_rank, code),), heard=heard))


def test_pause_asks_the_ranks_frees_the_nodes_and_resume_starts_a_new_attempt() -> None:
    world = running()
    world.do(Pause("j", "ada"))
    assert world.jobs["j"].state is JobState.PAUSING
    assert {(halt.grace, halt.ask) for halt in halts(world)} == {(PAUSE_GRACE, True)}
    answer(world)
    assert world.jobs["j"].state is JobState.PAUSED
    world.submit("k", PAIR)
    world.obey()
    assert world.jobs["k"].state is JobState.RUNNING
    world.finish("k")
    world.do(Resume("j", "ada"))
    world.obey()
    assert world.jobs["j"].state is JobState.RUNNING
    assert world.jobs["j"].attempts[-1].number == 2


def test_a_paused_job_keeps_its_place_in_the_queue() -> None:
    world = running("first")
    world.submit("j", PAIR)
    world.submit("later", PAIR)
    world.do(Pause("j", "ada"))
    assert world.jobs["j"].state is JobState.PAUSED
    world.do(Resume("j", "ada"))
    world.finish("first")
    assert world.jobs["j"].state is JobState.STARTING
    assert world.jobs["later"].state is JobState.QUEUED


def test_ranks_that_end_of_themselves_while_asked_have_answered_and_others_have_succeeded() -> None:
    for heard, state in ((True, JobState.PAUSED), (False, JobState.SUCCEEDED)):
        world = running()
        world.do(Pause("j", "ada"))
        answer(world, heard=heard)
        assert world.jobs["j"].state is state


@pytest.mark.parametrize("code", [1, 143])
def test_whatever_ranks_do_while_they_are_asked_is_no_fault(code: int) -> None:
    world = running()
    for number in range(1, 7):
        world.do(Pause("j", "ada"))
        answer(world, code=code)
        assert world.jobs["j"].state is JobState.PAUSED
        world.do(Resume("j", "ada"))
        world.obey()
        assert world.jobs["j"].attempts[-1].number == number + 1
    world.end("id-a", f"j.{number + 1}.0", signal=9)
    world.obey()
    assert world.jobs["j"].state is JobState.RUNNING, "six pauses took nothing from its budget"


def test_requeue_gives_way_to_a_more_urgent_job_and_comes_back() -> None:
    world = running()
    world.submit("urgent", PAIR, priority=90)
    world.do(Pause("j", "ada", requeue=True))
    answer(world)
    assert world.jobs["j"].state is JobState.QUEUED
    assert world.jobs["urgent"].state is JobState.STARTING
    world.obey()
    world.finish("urgent")
    world.obey()
    assert world.jobs["j"].state is JobState.RUNNING


def test_a_resume_in_the_middle_of_a_pause_queues_it_again_when_its_ranks_are_gone() -> None:
    world = running()
    world.do(Pause("j", "ada"))
    world.do(Resume("j", "ada"))
    assert world.jobs["j"].state is JobState.PAUSING
    answer(world)
    assert world.jobs["j"].state is JobState.STARTING


def test_a_pause_in_the_middle_of_a_requeue_lets_it_rest() -> None:
    world = running()
    world.do(Pause("j", "ada", requeue=True))
    world.do(Pause("j", "ada"))
    answer(world)
    assert world.jobs["j"].state is JobState.PAUSED


def test_a_pause_during_recovery_lets_it_rest() -> None:
    world = running()
    world.end("id-a", "j.1.0", signal=9)
    assert world.jobs["j"].state is JobState.RECOVERING
    world.do(Pause("j", "ada"))
    world.obey()
    assert world.jobs["j"].state is JobState.PAUSED


def test_stop_ends_a_job_that_is_being_paused_or_rests() -> None:
    world = running()
    world.do(Pause("j", "ada"))
    world.do(Stop("j", "ada", CauseCode.STOPPED))
    assert halts(world)[-1].grace == world.jobs["j"].spec.grace
    world.obey()
    assert world.jobs["j"].state is JobState.CANCELLED
    world.submit("k", PAIR)
    world.do(Pause("k", "ada", 0.0))
    world.obey()
    assert world.jobs["k"].state is JobState.PAUSED
    world.do(Stop("k", "ada", CauseCode.STOPPED))
    assert world.jobs["k"].state is JobState.CANCELLED


def test_an_agent_that_comes_back_is_told_of_the_pause_with_its_grace() -> None:
    world = running()
    world.do(NodeDisconnected("id-a"))
    world.do(Pause("j", "ada"))
    world.sent.clear()
    world.do(NodeConnected("id-a", facts(slots=1, node="a"), (TaskFact("j.1.0", TaskPhase.RUNNING),)))
    assert halts(world) == [Halt("id-a", "j.1.0", PAUSE_GRACE, ask=True)]


def test_what_cannot_be() -> None:
    world = running()
    with pytest.raises(Conflict):
        world.do(Resume("j", "ada"))
    world.submit("k", PAIR)
    with pytest.raises(Conflict, match="only one that runs"):
        world.do(Pause("k", "ada", requeue=True))
    world.do(Stop("j", "ada", CauseCode.STOPPED))
    with pytest.raises(Conflict):
        world.do(Pause("j", "ada"))
