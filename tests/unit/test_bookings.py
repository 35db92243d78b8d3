"""Nodes that are set aside: who may start there, who has to leave, and when."""

from __future__ import annotations

import math

import pytest

from tensorfleet.core.control import Control
from tensorfleet.core.inputs import CancelBooking, Now, Reserve
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.calendar import Calendar
from tensorfleet.core.wait import WaitCode
from tensorfleet.errors import Conflict, InvalidRequest, NotFound
from unit.fleets import World
from unit.scheduling.board import ask

ONE = Request(Kind.SLOT, ranks=1)


def fleet(*names: str) -> World:
    world = World()
    for name in names:
        world.add_node(name, slots=2, machine=name)
    return world


def book(world: World, name: str, start: float, end: float, **more: object) -> None:
    at = world.now.wall
    world.do(Reserve(Booking(name, at + start, at + end, ("id-a",), by="ada", **more)))  # type: ignore[arg-type]


def test_a_node_that_is_reserved_takes_only_whom_it_is_for() -> None:
    world = fleet("a")
    book(world, "r1", 0, 1000, team="nlp")
    world.submit("j", ONE)
    assert world.why("j").code is WaitCode.RESERVED
    assert "a: set aside" in world.why("j").text
    world.do(CancelBooking("r1", "ada"))
    assert world.jobs["j"].state is JobState.STARTING


def test_its_own_team_gets_in() -> None:
    world = fleet("a")
    book(world, "r1", 0, 1000, team="vision")
    world.submit("j", ONE)
    assert world.jobs["j"].state is JobState.STARTING


def test_who_is_over_before_it_begins_may_start_and_who_cannot_leave_may_not() -> None:
    world = fleet("a")
    book(world, "r1", 1000, 2000, maintenance=True)
    world.submit("short", ONE, max_duration=600.0, preemptible=False)
    world.submit("long", ONE, max_duration=3600.0, preemptible=False)
    world.submit("bends", ONE)
    assert world.jobs["short"].state is JobState.STARTING
    assert world.jobs["long"].state is JobState.QUEUED
    assert world.jobs["bends"].state is JobState.STARTING


def test_when_it_begins_whoever_can_be_interrupted_makes_room_and_comes_back_afterwards() -> None:
    world = fleet("a")
    world.submit("j", ONE)
    world.obey()
    book(world, "r1", 30, 60, maintenance=True)
    world.wait(20, "a")
    assert world.jobs["j"].state is JobState.RUNNING
    world.wait(12, "a")
    assert world.jobs["j"].state is JobState.PAUSING
    world.obey()
    assert world.jobs["j"].state is JobState.QUEUED
    assert "job.preempted" in world.events
    world.wait(32, "a")
    assert world.jobs["j"].state is JobState.STARTING
    assert world.events.count("booking.ended") == 1
    assert not list(world.control.bookings.values())


def test_others_go_elsewhere() -> None:
    world = fleet("a", "b")
    book(world, "r1", 0, 1000, job_class="urgent")
    world.submit("j", ONE)
    assert world.jobs["j"].attempts[-1].shares[0].node_name == "b"


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [
        (-100, 10, InvalidRequest),
        (10, 10, InvalidRequest),
        (0, math.nan, InvalidRequest),
        (50, 150, Conflict),
        (1e300, 1e300, InvalidRequest),
        (-1e300, 10, InvalidRequest),
        (3e11, 3e11 + 100, InvalidRequest),
    ],
)
def test_what_means_nothing_is_refused_and_changes_nothing(start: float, end: float, error: type[Exception]) -> None:
    world = fleet("a")
    book(world, "r1", 100, 200, team="nlp")
    with pytest.raises(error):
        book(world, "r2", start, end, team="vision")
    nowhere = Reserve(Booking("r3", world.now.wall, world.now.wall + 5, ("id-z",), by="ada", team="x"))
    with pytest.raises(InvalidRequest, match="no node"):
        world.do(nowhere)
    assert [each.id for each in world.control.bookings.values()] == ["r1"]


def test_cancelling_what_is_not_there_is_told() -> None:
    with pytest.raises(NotFound, match="r9"):
        fleet("a").do(CancelBooking("r9", "ada"))


def test_a_new_head_knows_them_and_a_refused_write_forgets_them() -> None:
    world = fleet("a")
    booking = Booking("r1", 1000.0, 9000.0, ("id-a",), team="nlp")
    world.control.handle(Reserve(booking), Now(1000.0, 0.0))
    world.control.drop()
    assert not list(world.control.bookings.values())
    world.do(Reserve(booking))
    again = Control((), list(world.control.fleet.nodes.values()), world.now, booked=[booking])
    assert list(again.bookings.values()) == [booking]
    assert bool(again.dispatch.scheduler.calendar)


def test_a_calendar_tells_when_it_changes_next() -> None:
    calendar = Calendar([Booking("r1", 100.0, 200.0, ("n",), team="nlp"), Booking("r2", 300.0, 400.0, ("n",))])
    assert [calendar.next_change(at) for at in (0.0, 100.0, 250.0, 400.0)] == [100.0, 200.0, 300.0, math.inf]
    stiff = ask("j", 1, 0.0, team="vision", limit=500.0)
    assert calendar.shut(stiff, 0.0) == {"n"}
    assert calendar.shut(ask("j", 1, 0.0, team="nlp", limit=500.0), 0.0) == frozenset()
    assert not Calendar()
