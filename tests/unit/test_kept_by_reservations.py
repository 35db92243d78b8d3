"""A job whose nodes are set aside is told by whom, for whom and until when, and that is when it starts."""

from __future__ import annotations

import pytest

from tensorfleet.core.inputs import Reserve
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.wait import WaitCode
from unit.fleets import World

ONE = Request(Kind.SLOT, ranks=1)


def fleet(*names: str) -> World:
    world = World()
    for name in names:
        world.add_node(name, slots=2, machine=name)
    return world


def book(world: World, name: str, node: str, start: float, end: float, **more: object) -> None:
    at = world.now.wall
    world.do(Reserve(Booking(name, at + start, at + end, (f"id-{node}",), by="eve", **more)))  # type: ignore[arg-type]


def test_one_that_holds_now() -> None:
    world = fleet("a")
    book(world, "r1", "a", 0, 1000, team="nlp", reason="deadline")
    world.submit("j", ONE)
    found = world.why("j")
    assert found.code is WaitCode.RESERVED
    assert found.text == "a: set aside by eve for team nlp (deadline) until 1970-01-01 00:33 UTC (r1)."
    assert found.numbers == {
        "from": 1000.0,
        "until": 2000.0,
        "seconds": pytest.approx(1000, abs=0.1),
        "reservations": 1,
    }


def test_one_that_begins_before_it_would_be_over() -> None:
    world = fleet("a")
    book(world, "r1", "a", 600, 1200, maintenance=True)
    world.submit("j", ONE, preemptible=False)
    found = world.why("j")
    assert (
        "for maintenance from 1970-01-01 00:26 UTC, before it would be over, until 1970-01-01 00:36 UTC" in found.text
    )
    assert "--max-duration" in found.hint
    world.submit("limited", ONE, preemptible=False, max_duration=3600.0)
    assert "--max-duration" not in world.why("limited").hint


def test_of_several_the_one_with_whose_end_it_starts() -> None:
    """`a` is free first, but cannot hold it; `b` is."""
    world = World()
    world.add_node("a", slots=1)
    world.add_node("b", slots=4)
    book(world, "r1", "a", 0, 40, team="nlp")
    book(world, "r2", "b", 0, 90, team="nlp")
    book(world, "r3", "b", 90, 120, user="eve")
    world.submit("j", Request(Kind.SLOT, ranks=3))
    found = world.why("j")
    assert found.text.startswith("b: set aside by eve for team nlp until")
    assert "(r2); 1 other keeps it out, too" in found.text
    assert found.numbers["until"] == pytest.approx(1090)
    world.wait(95, "a", "b")
    found = world.why("j")
    assert "for user eve" in found.text
    assert found.numbers["until"] == pytest.approx(1120)
    world.wait(20, "a", "b")
    assert world.jobs["j"].state is JobState.QUEUED
    world.wait(10, "a", "b")
    assert world.jobs["j"].state is JobState.STARTING


def test_what_is_set_aside_is_not_counted_as_free_and_did_not_fail_it() -> None:
    world = fleet("a", "b")
    book(world, "r1", "a", 0, 1000, team="nlp")
    world.submit("fills", Request(Kind.SLOT, ranks=2))
    world.submit("j", Request(Kind.SLOT, ranks=4))
    found = world.why("j")
    assert found.code is WaitCode.NO_CAPACITY
    assert (found.numbers["free"], found.numbers["most_on_one_node"]) == (0, 0)
    assert "a is set aside for others" in found.text
    assert "failed it" not in found.text


def test_it_begins_and_ends_by_the_wall_clock_however_that_is_set() -> None:
    world = fleet("a")
    book(world, "r1", "a", 600, 1200, maintenance=True)
    world.set_ahead = 700.0
    world.wait(2, "a")
    world.submit("j", ONE)
    found = world.why("j")
    assert (found.code, found.numbers["seconds"]) == (WaitCode.RESERVED, pytest.approx(498, abs=0.1))
    world.wait(495, "a")
    assert world.jobs["j"].state is JobState.QUEUED
    world.wait(10, "a")
    assert world.jobs["j"].state is JobState.STARTING


def test_it_begins_later_where_the_clock_was_set_back() -> None:
    world = fleet("a")
    book(world, "r1", "a", 600, 1200, maintenance=True)
    world.set_ahead = -300.0
    world.wait(700, "a")
    world.submit("j", ONE)
    assert world.jobs["j"].state is JobState.STARTING
    assert "job.preempted" not in world.events
    world.wait(210, "a")
    assert "job.preempted" in world.events
