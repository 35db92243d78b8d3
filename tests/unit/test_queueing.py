"""Hold, release, move and set: what people do to jobs that wait."""

from __future__ import annotations

import random

import pytest

from tensorfleet.core.inputs import HoldJob, MoveJob, Place, ReleaseJob, SetJob, SetPolicy, Stop
from tensorfleet.core.job import CauseCode, JobState
from tensorfleet.core.queue import line_up
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.policy import JobClass, Policy, Slice
from tensorfleet.core.wait import WaitCode
from tensorfleet.errors import Conflict, NotFound
from unit.fleets import World

HUGE = Request(ranks=4)


@pytest.fixture
def world() -> World:
    """A full node; a, b, c and d wait."""
    world = World()
    world.add_node("n1", slots=4)
    world.submit("run", HUGE)
    for name in "abcd":
        world.submit(name, HUGE)
    return world


def order(world: World) -> str:
    return "".join(job.id for job in line_up(world.control.fleet.waiting()))


def test_a_held_job_keeps_its_place_and_lets_others_by(world: World) -> None:
    world.do(HoldJob("a", "eve"))
    assert world.why("a").code is WaitCode.HELD
    assert "eve holds it" in world.why("a").text
    world.obey()
    world.finish("run")
    assert world.jobs["b"].attempts
    assert not world.jobs["a"].attempts
    world.do(ReleaseJob("a", "eve"))
    assert order(world)[0] == "a"
    assert (world.jobs["a"].held, world.why("a").code) == (None, WaitCode.NO_CAPACITY)
    assert world.events.count("job.held") == world.events.count("job.released") == 1


def test_hold_and_release_twice_change_nothing_and_a_running_job_is_not_held(world: World) -> None:
    world.do(HoldJob("a", "eve"))
    held = world.jobs["a"].held
    world.do(HoldJob("a", "ada"))
    assert world.jobs["a"].held == held
    world.do(ReleaseJob("b", "eve"))
    assert "job.released" not in world.events
    with pytest.raises(Conflict, match="only a job that waits can be held"):
        world.do(HoldJob("run", "eve"))
    world.do(Stop("a", "ada", CauseCode.STOPPED))
    assert world.jobs["a"].state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("job", "to", "other", "expected"),
    [
        ("c", Place.FIRST, "", "cabd"),
        ("a", Place.LAST, "", "bcda"),
        ("d", Place.BEFORE, "b", "adbc"),
        ("a", Place.BEFORE, "d", "bcad"),
        ("a", Place.FIRST, "", "abcd"),
        ("a", Place.BEFORE, "b", "abcd"),
        ("d", Place.LAST, "", "abcd"),
    ],
)
def test_a_job_goes_where_it_is_moved(world: World, job: str, to: Place, other: str, expected: str) -> None:
    world.do(MoveJob(job, "eve", to, other))
    assert order(world) == expected
    assert world.events.count("job.moved") == (expected != "abcd")
    world.submit("e", HUGE)
    assert order(world) == expected + "e"


def test_any_sequence_of_moves_gives_the_order_of_a_list(world: World) -> None:
    """Also where there is no room left between two: those behind are pushed."""
    chance = random.Random(7)
    expected = list("abcd")
    for _ in range(600):
        job, other = chance.sample(expected, 2)
        expected.remove(job)
        expected.insert(expected.index(other), job)
        world.do(MoveJob(job, "eve", Place.BEFORE, other))
        assert order(world) == "".join(expected)


def test_places_decide_within_one_class_and_priority(world: World) -> None:
    world.submit("u", HUGE, priority=80)
    with pytest.raises(Conflict, match="these go before places") as refusal:
        world.do(MoveJob("a", "eve", Place.BEFORE, "u"))
    assert "queue set a --priority 80" in refusal.value.hint
    for job, other, kind, words in (
        ("a", "a", Conflict, "before itself"),
        ("a", "run", Conflict, "only a job that waits can be overtaken"),
        ("run", "a", Conflict, "only a job that waits can be moved"),
        ("a", "nobody", NotFound, "no live job nobody"),
    ):
        with pytest.raises(kind, match=words):
            world.do(MoveJob(job, "eve", Place.BEFORE, other))
    assert order(world) == "uabcd"


def test_set_changes_the_order_and_says_what_it_was(world: World) -> None:
    world.do(SetJob("d", "eve", priority=90))
    world.do(SetJob("c", "eve", job_class=JobClass.URGENT, max_duration=60.0))
    assert order(world) == "cdab"
    assert (world.jobs["c"].spec.max_duration, world.jobs["d"].spec.priority) == (60.0, 90)
    before = world.events.count("job.changed")
    world.do(SetJob("d", "eve", priority=90))
    assert world.events.count("job.changed") == before == 2


def test_of_a_running_job_only_the_priority_changes(world: World) -> None:
    world.do(SetJob("run", "eve", priority=7))
    assert world.jobs["run"].spec.priority == 7
    with pytest.raises(Conflict, match="only its priority"):
        world.do(SetJob("run", "eve", priority=8, job_class=JobClass.BATCH))
    assert world.jobs["run"].spec.priority == 7


def test_a_job_that_is_not_preemptible_becomes_no_scavenger(world: World) -> None:
    world.submit("firm", HUGE, preemptible=False)
    with pytest.raises(Conflict, match="a scavenger always is"):
        world.do(SetJob("firm", "eve", job_class=JobClass.SCAVENGER))


def test_jobs_that_would_wait_for_each_other_are_refused_with_the_circle(world: World) -> None:
    world.do(SetJob("b", "eve", after=("a",)))
    world.do(SetJob("c", "eve", after=("b",)))
    with pytest.raises(Conflict) as refusal:
        world.do(SetJob("a", "eve", after=("d", "c")))
    text = "after: a (a) waits for c (c), which waits for b (b), which waits for a (a)."
    assert refusal.value.detail == text
    with pytest.raises(Conflict, match=r"after: a \(a\) waits for a \(a\)\."):
        world.do(SetJob("a", "eve", after=("a",)))
    assert world.jobs["a"].waits_for == ()
    assert world.why("c").code is WaitCode.DEPENDENCY
    world.do(SetJob("c", "eve", after=()))
    assert world.why("c").code is not WaitCode.DEPENDENCY


def test_a_policy_that_could_not_be_stored_is_not_kept() -> None:
    world = World()
    policy = Policy(teams={"vision": Slice(cap=3)})
    actions = world.control.handle(SetPolicy(policy, "eve"), world.now)
    assert world.control.policy == policy
    assert len(actions) == 2
    world.control.drop()
    assert world.control.policy == Policy()
    world.do(SetPolicy(policy, "eve"))
    world.control.drop()
    assert world.control.policy == policy
    assert world.control.handle(SetPolicy(policy, "eve"), world.now) == []
