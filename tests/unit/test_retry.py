"""What is tried again, how often, when, and where not."""

from __future__ import annotations

import pytest

from tensorfleet.core.inputs import CheckpointDone, Retry, Stop, TaskEnded, Tick
from tensorfleet.core.job import CauseCode, Job, JobState, RankExit, RetryOn, RetryPolicy
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.retry import HEALTHY, LONGEST, wait_before
from tensorfleet.core.wait import WaitCode
from tensorfleet.errors import Conflict
from unit.fleets import World

ONE = Request(Kind.SLOT, ranks=1)


def fleet(*names: str, slots: int = 1) -> World:
    world = World()
    for name in names:
        world.add_node(name, slots=slots)
    return world


def node_of(world: World, job: str = "j") -> str:
    return world.jobs[job].attempts[-1].shares[0].node_name


def fail(world: World, *, signal: int | None = None, fault: bool = False, oom: bool = False, job: str = "j") -> Job:
    """Its newest attempt, on one node, ends badly, and whatever wait there is passes."""
    world.obey()
    attempt = world.jobs[job].attempts[-1]
    alloc = f"{job}.{attempt.number}.0"
    if fault:
        world.do(TaskEnded(attempt.shares[0].node, alloc, error="the disk is full.", fault=True))
    else:
        exits = (RankExit(0, None, signal, 0.0, oom=oom),)
        world.do(TaskEnded(attempt.shares[0].node, alloc, exits, first_failed=0))
    return world.jobs[job]


def wait(world: World, seconds: float = LONGEST) -> None:
    world.mono += seconds
    world.hear("a", "b", "c")
    world.do(Tick())


def test_a_signal_is_tried_again_three_times_and_then_told() -> None:
    world = fleet("a")
    world.submit("j", ONE)
    for _ in range(3):
        assert fail(world, signal=9).cause is None
        wait(world)
    job = fail(world, signal=9)
    assert job.state is JobState.FAILED
    assert len(job.attempts) == 4
    assert job.cause is not None
    assert job.cause.code is CauseCode.SIGNAL


def test_a_users_own_error_is_not_tried_again() -> None:
    world = fleet("a")
    world.submit("j", ONE)
    world.obey()
    world.finish("j", code=1)
    assert world.jobs["j"].state is JobState.FAILED
    assert len(world.jobs["j"].attempts) == 1


@pytest.mark.parametrize("kind", [RetryOn.RANK, RetryOn.NODE, RetryOn.OOM])
def test_a_kind_of_fault_that_the_job_leaves_out_is_not_tried_again(kind: RetryOn) -> None:
    world = fleet("a", "b")
    world.submit("j", ONE, retry=RetryPolicy(3, tuple(set(RetryOn) - {kind})))
    job = fail(world, signal=9, fault=kind is RetryOn.NODE, oom=kind is RetryOn.OOM)
    assert job.state is JobState.FAILED


def test_out_of_memory_is_tried_again_once() -> None:
    world = fleet("a")
    world.submit("j", ONE)
    assert fail(world, signal=9, oom=True).cause is None
    assert fail(world, signal=9, oom=True).state is JobState.FAILED


def test_every_kind_has_its_own_budget() -> None:
    world = fleet("a", "b", "c")
    world.submit("j", ONE, retry=RetryPolicy(1))
    assert fail(world, signal=9).cause is None
    assert fail(world, fault=True).cause is None
    wait(world)
    assert fail(world, signal=9).state is JobState.FAILED


def test_an_attempt_that_went_well_for_a_while_fills_the_budget_up() -> None:
    world = fleet("a")
    world.submit("j", ONE, retry=RetryPolicy(1))
    for _ in range(5):
        world.obey()
        for _ in range(int(HEALTHY / 60) + 1):
            wait(world)
        assert fail(world, signal=9).cause is None
        wait(world)


def test_the_first_retry_comes_at_once_and_the_next_after_a_jittered_wait() -> None:
    world = fleet("a")
    world.submit("j", ONE)
    assert fail(world, signal=9).state is JobState.STARTING
    job = fail(world, signal=9)
    assert job.state is JobState.QUEUED
    assert world.why("j").code is WaitCode.BACKOFF
    assert 0 < wait_before(job) <= 1.0
    wait(world, 1.1)
    assert world.jobs["j"].state is JobState.STARTING


def test_attempts_that_did_begin_are_tried_again_at_once() -> None:
    world = fleet("a")
    world.submit("j", ONE, retry=RetryPolicy(9))
    for _ in range(9):
        world.obey()
        world.wait(11, "a")
        assert fail(world, signal=9).state is JobState.STARTING


def test_a_job_that_comes_further_each_time_is_tried_again_without_end_and_without_a_wait() -> None:
    world = fleet("a")
    world.submit("j", ONE, retry=RetryPolicy(1))
    for number in range(1, 21):
        world.obey()
        node = world.jobs["j"].attempts[-1].shares[0].node
        world.do(CheckpointDone(node, f"j.{number}.0", 1, number, 1, "0" * 64, 9, {}, "", world.now.wall))
        assert fail(world, signal=9).state is JobState.STARTING
    assert fail(world, signal=9).state is JobState.FAILED


def test_the_wait_doubles_with_full_jitter_up_to_a_minute() -> None:
    waits: dict[int, list[float]] = {2: [], 4: [], 12: []}
    for seed in range(50):
        world = fleet("a")
        world.submit(f"j{seed}", ONE, retry=RetryPolicy(20))
        for count in range(1, 13):
            job = fail(world, signal=9, job=f"j{seed}")
            if count in waits:
                waits[count].append(wait_before(job))
            wait(world)
    for count, longest in ((2, 1.0), (4, 4.0), (12, LONGEST)):
        assert 0.75 * longest < max(waits[count]) <= longest
        assert min(waits[count]) < 0.25 * longest


def test_a_node_that_failed_the_job_does_not_get_it_again_while_another_could_have_it() -> None:
    world = fleet("a", "b")
    world.submit("j", ONE)
    fail(world, fault=True)
    assert node_of(world) == "b"
    world.submit("k", ONE)
    world.obey()
    fail(world, fault=True)
    wait(world)
    # Both nodes failed it: whoever could have it at all is better than nobody.
    assert len(world.jobs["j"].attempts) == 3


def test_it_waits_for_a_busy_good_node_rather_than_taking_a_free_bad_one() -> None:
    world = fleet("a", "b")
    world.submit("j", ONE)
    world.submit("k", ONE)
    world.obey()
    fail(world, fault=True)
    assert world.jobs["j"].state is JobState.QUEUED
    assert world.why("j").code is WaitCode.NO_CAPACITY
    world.finish("k")
    assert node_of(world) == "b"


def test_the_killed_rank_is_blamed_and_not_the_sibling_that_lost_it() -> None:
    world = fleet("a", "b")
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.obey()
    world.end("id-b", "j.1.1", code=1)  # it lost its peer, and its node is the first to tell
    world.end("id-a", "j.1.0", signal=9)
    job = world.jobs["j"]
    assert job.state is JobState.STARTING
    assert job.attempts[-1].number == 2


def test_a_failed_job_can_be_retried_by_hand_with_a_fresh_budget() -> None:
    world = fleet("a")
    world.submit("j", ONE, retry=RetryPolicy(1))
    fail(world, signal=9)
    failed = fail(world, signal=9)
    assert failed.state is JobState.FAILED
    world.do(Retry(failed, "ada"))
    assert world.jobs["j"].cause is None
    assert world.jobs["j"].attempts[-1].number == 3
    assert fail(world, signal=9).cause is None
    world.obey()
    world.finish("j")
    assert world.jobs["j"].state is JobState.SUCCEEDED
    with pytest.raises(Conflict, match="clone"):
        world.do(Retry(world.jobs["j"], "ada"))


def test_a_job_that_was_stopped_while_it_recovers_stays_stopped() -> None:
    world = fleet("a", "b")
    world.submit("j", Request(Kind.SLOT, ranks=2, nodes=2))
    world.obey()
    world.end("id-a", "j.1.0", signal=9)
    assert world.jobs["j"].state is JobState.RECOVERING
    world.do(Stop("j", "ada", CauseCode.STOPPED))
    world.obey()
    assert world.jobs["j"].state is JobState.CANCELLED


def test_a_job_that_recovers_for_weeks_does_not_grow_without_end() -> None:
    world = fleet("a")
    world.submit("j", ONE, retry=RetryPolicy(1000))
    for _ in range(80):
        fail(world, signal=9)
        wait(world)
    attempts = world.jobs["j"].attempts
    assert len(attempts) == 50
    assert attempts[-1].number == 81
