"""A booking keeps nodes for some, shuts out others, and is refused where it cannot be kept."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from tensorfleet.core.scheduling.booking import LONGEST, Booking, admits, check_booking, closed_until
from tensorfleet.errors import Conflict, InvalidRequest

NOW = 1_000_000.0
NODES = {"n1": "one", "n2": "two"}
HOUR = 3600.0
OURS = Booking("b1", NOW + HOUR, NOW + 2 * HOUR, ("n1",), team="vision")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": NOW - 61}, "in the past"),
        ({"end": NOW + HOUR}, "not after it begins"),
        ({"end": NOW}, "not after it begins"),
        ({"end": math.inf}, "a beginning and an end"),
        ({"start": math.nan}, "a beginning and an end"),
        ({"end": NOW + 2 * HOUR + LONGEST}, "at most"),
        ({"nodes": ()}, "names no node"),
        ({"nodes": ("n1", "n9")}, "no node n9"),
        ({"nodes": ("n1", "n1")}, "twice"),
        ({"maintenance": True}, "admits nobody"),
    ],
)
def test_what_means_nothing_is_refused(change: dict[str, object], said: str) -> None:
    check_booking(OURS, (), NODES, NOW)
    with pytest.raises(InvalidRequest, match=said):
        check_booking(replace(OURS, **change), (), NODES, NOW)  # type: ignore[arg-type]


def test_one_over_another_is_refused_and_named() -> None:
    over = replace(OURS, id="b2", start=OURS.end - 1, end=OURS.end + 1)
    with pytest.raises(Conflict, match="one: taken by b1 from 1970-01-12 14:46 UTC until 1970-01-12 15:46 UTC"):
        check_booking(over, (OURS,), NODES, NOW)
    check_booking(replace(over, nodes=("n2",)), (OURS,), NODES, NOW)
    check_booking(replace(over, start=OURS.end), (OURS,), NODES, NOW)


def test_it_admits_those_who_match_all_it_names() -> None:
    assert admits(OURS, "vision", "ada", "normal")
    assert not admits(OURS, "speech", "ada", "normal")
    assert not admits(replace(OURS, user="bob"), "vision", "ada", "normal")
    assert not admits(replace(OURS, job_class="urgent"), "vision", "ada", "normal")
    assert not admits(replace(OURS, team="", maintenance=True), "vision", "ada", "urgent")


def test_until_when_a_node_can_be_used() -> None:
    assert closed_until((), NOW, "speech", "ada", "normal") == (True, math.inf)
    assert closed_until((OURS,), NOW, "vision", "ada", "normal") == (True, math.inf)
    assert closed_until((OURS,), NOW, "speech", "ada", "normal") == (True, OURS.start)
    assert closed_until((OURS,), OURS.start, "speech", "ada", "normal") == (False, OURS.end)
    assert closed_until((OURS,), OURS.end, "speech", "ada", "normal") == (True, math.inf)
    more = replace(OURS, id="b2", start=OURS.end, end=OURS.end + HOUR, team="", maintenance=True)
    assert closed_until((more, OURS), OURS.start, "speech", "ada", "normal") == (False, more.end)
    assert closed_until((more, OURS), OURS.start, "vision", "ada", "normal") == (True, more.start)


def test_it_answers_as_a_look_at_every_instant_does() -> None:
    chance = random.Random(4)
    for _ in range(300):
        starts = [chance.randrange(20) for _ in range(chance.randrange(5))]
        bookings = [
            Booking(str(i), start, start + chance.randrange(1, 6), ("n",), team=chance.choice(("a", "b", "")))
            for i, start in enumerate(starts)
        ]
        now = float(chance.randrange(20))

        def shut(at: float, held: list[Booking] = bookings) -> bool:
            return any(each.holds(at) and not admits(each, "a", "u", "normal") for each in held)

        changes = [at for at in map(float, range(int(now) + 1, 40)) if shut(at) != shut(now)]
        expected = changes[0] if changes else math.inf
        assert closed_until(bookings, now, "a", "u", "normal") == (not shut(now), expected)
