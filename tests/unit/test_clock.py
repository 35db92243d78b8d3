"""Row 14: a clock that jumps an hour or a year changes nothing that the head decides."""

from __future__ import annotations

import pytest

from tensorfleet.core.control import Control
from tensorfleet.core.inputs import NodeConnected, NodeJoined, Submit, TaskPrepared, TaskRunning, Tick
from tensorfleet.core.job import JobState
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Request
from tensorfleet.head.clock import SteadyClock
from unit.fleets import facts, spec

YEAR = 365 * 86400.0


def state_of(control: Control) -> JobState:
    job = control.fleet.jobs.get("j1")
    assert job is not None
    return job.state


class System:
    """A machine's clocks."""

    def __init__(self) -> None:
        self.wall, self.mono = 1e9, 50.0

    def passes(self, seconds: float, slew: float = 0.0) -> None:
        self.wall += seconds + slew
        self.mono += seconds

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.mono)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, YEAR, -YEAR])
def test_a_jump_is_not_followed_and_its_return_is(jump: float) -> None:
    system = System()
    clock = system.clock()
    system.passes(10)
    system.wall += jump
    assert clock().wall == 1e9 + 10
    system.passes(5)
    assert clock().wall == 1e9 + 15
    system.wall -= jump
    system.passes(1)
    assert clock().wall == 1e9 + 16


def test_a_clock_that_is_corrected_slowly_is_followed() -> None:
    system = System()
    clock = system.clock()
    for _ in range(100):
        system.passes(10, slew=0.5)
        assert clock().wall == system.wall


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_job_has_its_whole_max_duration_and_no_more(jump: float) -> None:
    system = System()
    clock = system.clock()
    control = Control([], [], clock())
    control.handle(NodeJoined(Node("id-a", "a"), "test"), clock())
    control.handle(NodeConnected("id-a", facts(node="a"), ()), clock())
    control.handle(Submit("j1", spec(Request(), max_duration=100.0), "ada", "vision"), clock())
    control.settle(clock())
    control.handle(TaskPrepared("id-a", "j1.1.0", 4000), clock())
    control.handle(TaskRunning("id-a", "j1.1.0"), clock())
    system.passes(90)
    system.wall += jump
    control.handle(Tick(), clock())
    assert state_of(control) is JobState.RUNNING
    system.passes(11)
    control.handle(Tick(), clock())
    assert state_of(control) is JobState.STOPPING
