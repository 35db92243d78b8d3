"""What no placement could ever hold is refused, by the nodes there are at the time."""

from __future__ import annotations

import pytest

from tensorfleet.core.inputs import RemoveNode
from tensorfleet.core.resources import Kind, Request
from tensorfleet.errors import ImpossibleRequest
from unit.fleets import World, spec

WIDE = spec(Request(Kind.SLOT, ranks=8, nodes=1))


def test_the_answer_follows_the_nodes() -> None:
    world = World()
    world.control.check(WIDE)
    world.add_node("a", slots=4)
    with pytest.raises(ImpossibleRequest, match="8 slots"):
        world.control.check(WIDE)
    world.add_node("b", slots=8)
    world.control.check(WIDE)
    world.control.check(WIDE)
    world.wait(130, "a")
    world.do(RemoveNode("id-b", "admin"))
    with pytest.raises(ImpossibleRequest):
        world.control.check(WIDE)
