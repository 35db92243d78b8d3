"""`after:` and job arrays, as the brain sees them."""

from __future__ import annotations

import pytest

from tensorfleet.core.inputs import Retry, SetJob, Stop, Submit, SubmitArray
from tensorfleet.core.job import ArrayPlace, CauseCode, JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.wait import WaitCode
from tensorfleet.errors import Conflict
from unit.fleets import World, spec

ONE = Request(Kind.SLOT, ranks=1)


def world() -> World:
    world = World()
    world.add_node("a", slots=8)
    return world


def test_a_job_starts_when_all_that_it_is_to_run_after_have_succeeded() -> None:
    here = world()
    here.submit("a", ONE)
    here.submit("b", ONE)
    here.submit("c", ONE, after=("a", "b"))
    here.obey()
    wait = here.why("c")
    assert wait.code is WaitCode.DEPENDENCY
    assert "2 jobs to succeed: a (a) is running and b (b) is running" in wait.text
    here.finish("a")
    assert here.jobs["c"].state is JobState.QUEUED
    here.finish("b")
    assert here.jobs["c"].state is JobState.STARTING


def test_a_whole_chain_ends_when_its_first_job_fails() -> None:
    here = world()
    here.submit("a", ONE)
    here.submit("b", ONE, after=("a",))
    here.submit("c", ONE, after=("b",))
    here.obey()
    here.finish("a", code=3)
    for job, before in (("b", "a"), ("c", "b")):
        cause = here.jobs[job].cause
        assert here.jobs[job].state is JobState.CANCELLED
        assert cause is not None
        assert cause.code is CauseCode.DEPENDENCY
        assert f"after {before} ({before})" in cause.text


def test_a_job_after_one_that_is_over_starts_if_that_succeeded_and_is_refused_if_not() -> None:
    here = world()
    with pytest.raises(Conflict, match="is over and did not succeed"):
        here.submit("k", ONE, after=("gone",))
    here.do(Submit("k", spec(ONE, after=("gone",)), "ada", "vision", frozenset({"gone"})))
    assert here.jobs["k"].state is JobState.STARTING


def test_a_job_that_ended_with_its_dependency_can_be_retried_after_it() -> None:
    here = world()
    here.submit("a", ONE)
    here.submit("b", ONE, after=("a",))
    here.obey()
    here.finish("a", code=1)
    with pytest.raises(Conflict, match="Retry that one first"):
        here.do(Retry(here.jobs["b"], "ada"))
    here.do(Retry(here.jobs["a"], "ada"))
    here.do(Retry(here.jobs["b"], "ada"))
    assert here.jobs["b"].waits_for == ("a",)
    here.obey()
    here.finish("a")
    here.obey()
    assert here.jobs["b"].state is JobState.RUNNING


def test_a_stopped_job_is_none_that_succeeded() -> None:
    here = world()
    here.submit("a", ONE)
    here.submit("b", ONE, after=("a",))
    here.do(Stop("a", "ada", CauseCode.STOPPED))
    here.obey()
    assert here.jobs["b"].state is JobState.CANCELLED


def test_an_array_is_submitted_whole_and_runs_as_many_at_once_as_it_may() -> None:
    here = world()
    jobs = tuple(
        Submit(f"j{index}", spec(ONE, array=ArrayPlace("x", index, most=2)), "ada", "vision") for index in range(5)
    )
    here.do(SubmitArray(jobs))
    here.obey()
    running = [job.id for job in here.jobs.values() if job.state is JobState.RUNNING]
    assert running == ["j0", "j1"]
    assert here.why("j2").code is WaitCode.ARRAY
    here.finish("j0")
    here.obey()
    assert here.jobs["j2"].state is JobState.RUNNING
    assert here.jobs["j3"].state is JobState.QUEUED


def test_a_job_that_was_told_to_wait_later_is_remembered_and_one_that_was_dropped_harms_nothing() -> None:
    here = World()
    here.add_node("a", slots=1)
    here.submit("running", Request())
    here.submit("other", Request(), hold=True)
    here.control.handle(SetJob("other", "ada", after=("running",)), here.now)
    here.control.drop()
    here.do(SetJob("other", "ada", after=("running",)))
    here.obey()
    here.finish("running")
    assert here.jobs["other"].waits_for == ()
