"""A job that may not start yet is told who or what keeps it, since when or for how long."""

from __future__ import annotations

from functools import partial

import pytest

from tensorfleet.core import explain
from tensorfleet.core.holders import holders
from tensorfleet.core.inputs import HoldJob, Submit, SubmitArray
from tensorfleet.core.job import ArrayPlace, JobState, RetryPolicy
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.wait import WaitCode
from unit.fleets import World, spec

ONE = Request(Kind.SLOT, ranks=1)


@pytest.fixture
def world() -> World:
    made = World()
    made.add_node("a", slots=4)
    return made


def test_who_holds_it_and_since_when(world: World) -> None:
    world.submit("gate", Request(Kind.SLOT, ranks=4))
    world.submit("j", ONE)
    world.mono += 50
    world.do(HoldJob("j", "eve"))
    world.mono += 70
    found = world.why("j")
    assert found.code is WaitCode.HELD
    assert found.text == "eve holds it, since 1970-01-01 00:17 UTC."
    assert found.numbers == {"since": pytest.approx(1050, abs=0.1), "seconds": pytest.approx(70)}


def test_one_job_that_it_waits_for_is_named_with_its_state(world: World) -> None:
    world.submit("before", ONE)
    world.submit("j", ONE, after=("before",))
    world.obey()
    found = world.why("j")
    assert found.text == "Waits for before (before), which is running, to succeed."
    assert (found.numbers, found.hint) == ({"open": 1, "running": 1}, "")


def test_of_many_those_that_have_not_begun_come_first(world: World) -> None:
    names = [f"b{number}" for number in range(6)]
    for name in names:
        world.submit(name, ONE)
    world.submit("j", ONE, after=tuple(names))
    world.obey()
    assert {world.jobs[name].state for name in names[4:]} == {JobState.QUEUED}
    found = world.why("j")
    assert found.numbers == {"open": 6, "running": 4}
    assert found.text == (
        "Waits for 6 jobs to succeed: b4 (b4) is queued, b5 (b5) is queued, b0 (b0) is running and 3 more."
    )
    assert found.hint == "`tensorfleet why b4` tells what that one waits for."
    world.finish("b0")
    world.obey()
    assert world.why("j").numbers == {"open": 5, "running": 4}


def test_the_next_try_is_told_with_its_number_and_the_seconds_left(world: World) -> None:
    world.submit("j", ONE, retry=RetryPolicy(7))
    while not world.control.fleet.backoff.get("j"):
        world.obey()
        world.end("id-a", f"j.{world.jobs['j'].attempts[-1].number}.0", signal=9)
    found = world.why("j")
    assert found.code is WaitCode.BACKOFF
    assert found.numbers == {
        "seconds": pytest.approx(world.control.fleet.backoff["j"] - world.mono),
        "attempt": 3,
        "retry": 2,
        "most": 7,
    }
    assert found.numbers["seconds"] > 0
    assert found.text.startswith("It failed 2 times in a row: Rank 0 on a was ended by SIGKILL")
    assert "Attempt 3, retry 2 of 7, begins in 1 s." in found.text
    left = found.numbers["seconds"]
    world.mono += left / 2
    assert world.why("j").numbers["seconds"] == pytest.approx(left / 2)


def test_who_runs_of_its_array_is_told_to_those_who_ask(world: World) -> None:
    names = ["x0", "x1", "x2"]
    parts = [spec(ONE, name, array=ArrayPlace("arr", number, 2)) for number, name in enumerate(names)]
    world.submit("alone", ONE)
    world.do(SubmitArray(tuple(Submit(name, part, "ada", "vision") for name, part in zip(names, parts, strict=True))))
    fleet, dispatch = world.control.fleet, world.control.dispatch
    found = explain.why(world.jobs["x2"], fleet, dispatch, world.now, partial(holders, dispatch, fleet))
    assert (found.code, found.numbers) == (WaitCode.ARRAY, {"most": 2})
    assert sorted(each.job for each in found.holders) == ["x0", "x1"]
