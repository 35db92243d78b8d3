"""What teams had is written down once a minute, and a new head begins with it."""

from __future__ import annotations

import pytest

from tensorfleet.core.actions import SaveUsed
from tensorfleet.core.control import Control
from tensorfleet.core.inputs import Heard, Now, Submit, Tick
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.policy import DAY, Policy
from tensorfleet.core.scheduling.used import Used
from unit.fleets import World, spec


def written(world: World, seconds: float) -> list[Used]:
    """What is written down in the next `seconds`, with a tick each."""
    found = []
    for _ in range(int(seconds)):
        world.mono += 1
        world.do(Heard("id-a"))
        found += [each.used for each in world.control.handle(Tick(), world.now) if isinstance(each, SaveUsed)]
        world.control.keep()
    return found


def test_it_is_written_once_a_minute_while_somebody_uses_something() -> None:
    world = World()
    world.add_node("a")
    assert written(world, 200) == []
    world.submit("j", Request(Kind.SLOT, ranks=4))
    world.obey()
    began = world.mono
    first, *_, last = found = written(world, 180)
    assert 3 <= len(found) <= 4
    assert first.at == 1000.0 + began + 1, "the first at once, because the last is long ago"
    assert last.teams["vision"] == pytest.approx(4 * Policy().slot_weight * (last.at - 1000.0 - began), rel=0.01)
    assert last.users == {"vision/ada": last.teams["vision"]}
    world.finish("j")
    assert len(written(world, 300)) == 1, "what was used since the last time, and then no more"


def test_who_had_more_before_a_restart_goes_behind() -> None:
    used = Used(1000.0, {"vision": 500.0, "nlp": 20.0}, {"vision/ada": 500.0, "nlp/nick": 20.0})
    world = World(Control((), (), Now(1000.0, 0.0), used=used))
    world.submit("first", Request())
    world.do(Submit("second", spec(Request()), "nick", "nlp"))
    assert world.control.line(world.now) == ["second", "first"]
    again = Control(world.jobs.values(), (), world.now, used=used)
    assert again.line(world.now) == ["second", "first"], "before any pass"
    assert Control(world.jobs.values(), (), world.now).line(world.now) == ["first", "second"]


def test_what_was_had_decays_while_there_is_no_head() -> None:
    used = Used(1000.0, {"vision": 500.0, "nlp": 0.0011}, {})
    later = Now(1000.0 + 2 * Policy().half_life, 5 * DAY)
    assert Control((), (), later, used=used).dispatch.used(later) == Used(later.wall, {"vision": 125.0}, {})


def test_a_clock_that_was_set_back_takes_nothing_away() -> None:
    now = Now(900.0, 0.0)
    assert Control((), (), now, used=Used(1000.0, {"vision": 8.0}, {})).dispatch.used(now).teams == {"vision": 8.0}


def test_what_is_held_counts_its_models_weight_before_the_node_is_back() -> None:
    policy = Policy(weights={"A100": 3.0})
    world = World(Control((), (), Now(1000.0, 0.0), policy))
    world.add_node("a", gpus=2)
    world.submit("j", Request(Kind.GPU, ranks=2))
    nodes = list(world.control.fleet.nodes.values())
    again = Control(world.jobs.values(), nodes, world.now, policy)
    later = Now(world.now.wall + 10, world.mono + 10)
    assert again.dispatch.used(later).teams["vision"] == pytest.approx(2 * 3.0 * 10, rel=0.001)
