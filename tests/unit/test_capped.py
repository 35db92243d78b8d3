"""A job over a cap is told whose cap it is, what is held below it, and what is kept below it for others."""

from __future__ import annotations

from tensorfleet.core.inputs import SetPolicy
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.policy import Policy, Slice
from tensorfleet.core.wait import WaitCode
from unit.fleets import World


def slots(ranks: int) -> Request:
    return Request(Kind.SLOT, ranks=ranks)


def world(policy: Policy) -> World:
    made = World()
    made.do(SetPolicy(policy, "admin"))
    made.add_node("a", slots=8)
    return made


def test_the_cap_of_the_team() -> None:
    made = world(Policy(teams={"vision": Slice(cap=4)}))
    made.submit("one", slots(3))
    made.submit("j", slots(2))
    found = made.why("j")
    assert found.code is WaitCode.GROUP_CAP
    assert found.text == "The team vision may hold 4 slots at once and holds 3; this job asks for 2."
    assert found.numbers == {"cap": 4, "held": 3, "asked": 2}


def test_the_cap_of_the_user_where_the_team_has_room() -> None:
    made = world(Policy(teams={"vision": Slice(cap=8)}, users={"vision/ada": Slice(cap=2)}))
    made.submit("one", slots(1))
    made.submit("j", slots(2))
    found = made.why("j")
    assert found.text.startswith("ada may hold 2 slots at once and holds 1;")
    assert found.numbers == {"cap": 2, "held": 1, "asked": 2}


def test_a_job_that_asks_for_more_than_the_cap_is_told_that_it_never_starts() -> None:
    made = world(Policy(teams={"vision": Slice(cap=4)}))
    made.submit("j", slots(5))
    assert made.why("j").hint.startswith("It never starts below this cap")
    made.submit("k", slots(4))
    made.submit("l", slots(4))
    assert made.why("l").hint.startswith("It starts when enough of its jobs end")


def test_what_is_kept_below_the_cap_for_one_who_was_promised_a_place() -> None:
    """`wide` is within the cap and waits for room; `small` would fit, but then `wide` would not be within it."""
    made = world(Policy(teams={"vision": Slice(cap=9)}))
    made.submit("one", slots(3), max_duration=3600.0)
    made.submit("wide", Request(Kind.SLOT, ranks=6, nodes=1))
    made.submit("small", slots(1))
    found = made.why("small")
    assert made.jobs["small"].state is JobState.QUEUED
    assert found.code is WaitCode.GROUP_CAP
    assert found.text == (
        "The team vision may hold 9 slots at once and holds 3, and 6 are kept for wide (wide); this job asks for 1."
    )
    assert found.numbers == {"cap": 9, "held": 3, "asked": 1, "kept": 6}
