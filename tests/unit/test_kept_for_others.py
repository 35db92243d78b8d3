"""A job that has a place but for what is kept for others is told for whom, from when on, and how long it may run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorfleet.core.asks import ROUND
from tensorfleet.core.inputs import SetPolicy, Submit
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.policy import JobClass, Policy
from tensorfleet.core.wait import WaitCode
from unit.fleets import World, spec


def slots(ranks: int, nodes: int = 0) -> Request:
    return Request(Kind.SLOT, ranks=ranks, nodes=nodes)


@pytest.fixture
def world() -> World:
    """One of two slots is in use for an hour, and both are promised to `wide` from then on."""
    made = World()
    made.add_node("a", slots=2)
    made.submit("one", slots(1), max_duration=3600.0)
    made.submit("wide", slots(2))
    return made


def test_the_limit_is_the_one_that_its_owner_gave_and_the_longest_that_is_told_starts(world: World) -> None:
    world.submit("small", slots(1), max_duration=7200.0)
    found = world.why("small")
    assert found.code is WaitCode.BACKFILL_TOO_LONG
    assert found.numbers == {
        "kept": 2,
        "from": pytest.approx(1000 + 3600 + ROUND, abs=1),
        "limit": 7200.0,
        "longest": pytest.approx(3600, abs=2),
    }
    assert "wide (wide)" in found.text
    assert "its limit of 7200 s is too long" in found.text
    assert f"at most {found.numbers['longest']:.0f}s" in found.hint
    world.submit("over", slots(1), max_duration=found.numbers["longest"] + 2)
    assert world.jobs["over"].state is JobState.QUEUED
    world.submit("short", slots(1), max_duration=found.numbers["longest"] - 1)
    assert world.jobs["short"].state is JobState.STARTING


def test_without_a_limit_none_is_told(world: World) -> None:
    world.submit("small", slots(1))
    found = world.why("small")
    assert "limit" not in found.numbers
    assert "it has no limit" in found.text


def test_where_no_limit_is_short_enough_only_the_time_is_told(world: World) -> None:
    world.wait(3600 + ROUND - 100, "a")
    world.submit("small", slots(1), max_duration=60.0)
    found = world.why("small")
    assert found.code is WaitCode.RESERVED
    assert set(found.numbers) == {"kept", "from", "limit"}
    assert "is kept for wide (wide) at 1970-01-01 " in found.text


def test_what_is_gathered_for_one_who_waited_for_too_long() -> None:
    world = World()
    world.do(SetPolicy(Policy(starvation={each.value: 60.0 for each in JobClass}, starving_share=1.0), "admin"))
    world.add_node("a", slots=2)
    world.submit("one", slots(1))
    world.submit("wide", slots(2))
    world.wait(90, "a")
    world.submit("small", slots(1))
    found = world.why("small")
    assert found.code is WaitCode.RESERVED
    assert "kept for wide (wide), which has waited for too long: 90 s" in found.text
    assert found.numbers == {"kept": 2, "waited": pytest.approx(90, abs=0.1)}


def test_what_is_being_emptied_for_somebody_else() -> None:
    world = World()
    world.add_node("a", slots=2)
    world.submit("one", slots(1), preemptible=True)
    world.wait(3600, "a")
    world.submit("first", slots(2), job_class=JobClass.URGENT)
    world.submit("small", slots(1), job_class=JobClass.URGENT)
    found = world.why("small")
    assert found.code is WaitCode.RESERVED
    assert "kept for first (first), for which room is being made there" in found.text
    assert found.numbers["kept"] == 2
    assert world.why("first").code is WaitCode.MAKING_ROOM
    assert world.why("first").numbers == {"asked": 2, "nodes": 1}


def test_of_several_the_one_that_is_in_the_way() -> None:
    """`soon` is promised both nodes in a quarter of an hour, but leaves a slot; `wide` leaves none."""
    world = World()
    world.add_node("a", slots=2)
    world.add_node("b", slots=4)
    world.submit("short", slots(2), max_duration=900.0)
    world.submit("long", slots(1), max_duration=7200.0)
    world.submit("wide", slots(4, 1))
    world.submit("soon", slots(4, 2), job_class=JobClass.URGENT)
    promises = world.control.dispatch.scheduler.promises
    assert promises["soon"].at < promises["wide"].at
    world.submit("small", slots(1))
    found = world.why("small")
    assert found.code is WaitCode.BACKFILL_TOO_LONG
    assert "for wide (wide)" in found.text
    assert found.numbers["from"] == pytest.approx(promises["wide"].at)
    again = replace(world.jobs["small"].spec, max_duration=found.numbers["longest"])
    world.do(Submit("again", again, "ada", "vision"))
    assert world.jobs["again"].state is JobState.STARTING


def test_a_job_of_another_team_is_not_named(world: World) -> None:
    world.do(Submit("other", spec(slots(1), "other"), "cy", "nlp"))
    assert "a job of team vision" in world.why("other").text
    assert "wide" not in world.why("other").text
