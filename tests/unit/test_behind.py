"""A job that has a place and waits all the same is told behind whom, and what puts that one before it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tensorfleet.core.behind import sooner, stopped_at
from tensorfleet.core.inputs import HoldJob, SetPolicy, Submit
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Discipline, JobClass, Policy, Slice
from tensorfleet.core.scheduling.scheduler import Scheduler
from tensorfleet.core.wait import WaitCode
from unit.fleets import World, spec
from unit.scheduling.board import HOUR, ask, scheduler

NOW = 100 * HOUR


def lined(first: Ask, last: Ask, policy: Policy | None = None, **used: float) -> Scheduler:
    """Both wait; `used` by teams, and by users as team_user, in GPU-seconds."""
    board = scheduler(1, 8, policy)
    for name, seconds in used.items():
        accounts = board.ledger.users if "_" in name else board.ledger.teams
        accounts.add(name.replace("_", "/"), seconds, NOW)
    for each in (first, last):
        board.enqueue(each)
    return board


def compared(board: Scheduler, first: Ask, last: Ask) -> tuple[str, dict[str, float]]:
    """What is told, of those who stand in the line in this order."""
    assert [each.id for each in board.line.in_order(board.standings(NOW))] == [first.id, last.id]
    return sooner(first, last, board, NOW)


def test_a_higher_class() -> None:
    first, last = ask("a", at=9, job_class=JobClass.URGENT), ask("b", at=1)
    assert compared(lined(first, last), first, last) == ("whose class is urgent", {})


def test_a_lower_class_that_has_waited_for_too_long() -> None:
    first, last = ask("a", at=HOUR, team="vision", job_class=JobClass.SCAVENGER), ask("b", at=NOW, team="vision")
    first.pinned = NOW
    board = scheduler()
    board.line.add(first, -1)
    board.line.add(last, 0)
    text, numbers = compared(board, first, last)
    assert (text, numbers) == ("which has waited for too long: 99 h", {"seconds": 99 * HOUR})
    batch = ask("c", at=0, job_class=JobClass.BATCH)
    text, numbers = sooner(first, batch, board, NOW)
    assert "counts as normal" in text
    assert numbers == {"seconds": 99 * HOUR}


def test_a_team_with_less_of_its_share() -> None:
    first, last = ask("a", at=9, team="nlp", user="ada"), ask("b", at=1, team="vision", user="bob")
    policy = Policy(teams={"nlp": Slice(share=2)})
    board = lined(first, last, policy, nlp=4 * HOUR, vision=5 * HOUR)
    text, numbers = compared(board, first, last)
    assert text == "whose team nlp had less of its share: 2 GPU-hours a share, against 5"
    assert numbers == {"theirs": pytest.approx(2 * HOUR), "own": pytest.approx(5 * HOUR)}


def test_a_team_that_has_no_share_is_told_without_infinity() -> None:
    first, last = ask("a", at=9, team="nlp"), ask("b", at=1, team="vision")
    board = lined(first, last, Policy(teams={"vision": Slice(share=0)}), nlp=HOUR, vision=HOUR)
    _, numbers = compared(board, first, last)
    assert all(map(math.isfinite, numbers.values()))
    assert numbers == {"theirs": pytest.approx(HOUR)}


def test_one_with_less_service_so_far() -> None:
    first, last = ask("a", at=9), ask("b", at=1, attained=20 * HOUR)
    first.attained = 2 * HOUR
    text, numbers = compared(lined(first, last), first, last)
    assert text == "which had 2 GPU-hours so far, against 20; less than 8 go first"
    assert numbers == {"theirs": 2 * HOUR, "own": 20 * HOUR}


def test_a_user_who_had_less() -> None:
    first, last = ask("a", at=9, team="nlp", user="ada"), ask("b", at=1, team="nlp", user="bob")
    text, numbers = compared(lined(first, last, nlp_ada=HOUR, nlp_bob=3 * HOUR), first, last)
    assert text == "whose owner ada had less of the share: 1 GPU-hours a share, against 3"
    assert numbers == {"theirs": pytest.approx(HOUR), "own": pytest.approx(3 * HOUR)}


def test_the_owner_of_another_team_is_not_named() -> None:
    first, last = ask("a", at=9, team="nlp", user="ada"), ask("b", at=1, team="vision", user="bob")
    board = lined(first, last, nlp=HOUR, vision=HOUR, nlp_ada=HOUR, vision_bob=3 * HOUR)
    assert compared(board, first, last)[0].startswith("whose owner had less")


def test_a_higher_priority() -> None:
    policy = Policy()
    first, last = ask("a", at=9 - 0.6 * policy.boost), ask("b", at=1)
    first.priority = 80
    assert compared(lined(first, last), first, last) == (
        "whose priority is 80, against 50",
        {"theirs": 80, "own": 50},
    )


def test_an_earlier_submit_even_of_a_lower_priority() -> None:
    policy = Policy()
    first, last = ask("a", at=60.0), ask("b", at=100.0)
    assert compared(lined(first, last), first, last) == ("which was submitted 40 s earlier", {"seconds": 40.0})
    low, late = ask("a", at=0.2 * policy.boost), ask("b", at=10 * HOUR)
    low.priority = 40
    text, numbers = compared(lined(low, late), low, late)
    assert numbers == {"seconds": pytest.approx(10 * HOUR)}
    assert "36000 s earlier" in text


GPUS = {number: Request(Kind.GPU, ranks=number) for number in (1, 4, 6, 7, 8)}


def world(policy: Policy) -> World:
    """Four of eight GPUs are in use, without a limit."""
    made = World()
    made.do(SetPolicy(policy, "admin"))
    made.add_node("n", slots=4, gpus=8)
    made.submit("runs", GPUS[4])
    return made


def test_strictly_in_order_the_first_that_has_no_place_is_in_the_way_and_not_the_first_in_line() -> None:
    made = world(Policy(discipline=Discipline.FIFO, teams={"capped": Slice(cap=1)}))
    made.do(Submit("capped", spec(GPUS[4], "capped"), "cy", "capped"))
    made.submit("wide", GPUS[8])
    made.submit("other", GPUS[6])
    made.submit("small", GPUS[1])
    found = made.why("small")
    assert found.code is WaitCode.BEHIND
    assert "behind wide (wide), which was submitted" in found.text
    assert found.numbers["ahead"] == 3
    assert "the policy fifo" in found.text
    made.do(HoldJob("wide", "eve"))
    assert "behind other (other)" in made.why("small").text
    made.do(HoldJob("other", "eve"))
    assert made.jobs["small"].state is JobState.STARTING, "the capped one is in nobody's way"


def test_only_those_of_its_kind_are_counted_but_another_kind_may_be_in_the_way() -> None:
    made = world(Policy(discipline=Discipline.FIFO))
    made.submit("wide", GPUS[8])
    made.submit("slot", Request(Kind.SLOT, ranks=1))
    found = made.why("slot")
    assert found.numbers["ahead"] == 0
    assert "behind wide (wide)" in found.text


def test_behind_more_than_are_tried_in_a_pass() -> None:
    made = world(Policy(backfill_depth=2))
    for number in (8, 7, 6):
        made.submit(f"wide{number}", GPUS[number])
    made.submit("small", GPUS[1])
    found = made.why("small")
    assert (found.code, found.numbers["ahead"], found.numbers["depth"]) == (WaitCode.BEHIND, 3, 2)
    assert "wide6" in found.text
    assert "2 before it have no place now" in found.text
    made.do(HoldJob("wide6", "eve"))
    assert made.jobs["small"].state is JobState.STARTING


def test_a_job_of_another_team_is_not_named() -> None:
    made = world(Policy(discipline=Discipline.FIFO))
    made.do(Submit("wide", spec(GPUS[8], "secret"), "cy", "nlp"))
    made.submit("small", GPUS[1])
    text = made.why("small").text
    assert "a job of team nlp" in text
    assert "secret" not in text
    assert "wide" not in text


def test_what_would_wait_in_order_is_not_foretold_to_start() -> None:
    made = world(Policy(discipline=Discipline.FIFO))
    assert made.control.preview(spec(GPUS[1]), "ada", "vision", made.now).shares
    made.submit("wide", GPUS[8])
    made.mono += 1
    found = made.control.preview(spec(GPUS[1]), "ada", "vision", made.now)
    assert not found.shares
    assert found.wait.code is WaitCode.BEHIND
    assert "preview" not in made.control.dispatch.scheduler.line


def test_it_tells_where_a_pass_stops_on_whatever_line() -> None:
    """Whoever is named has no place, and as soon as he is gone, another is named or the job starts."""
    for depth in (1, 3):
        made = world(Policy(backfill_depth=depth))
        for number in range(12):
            made.submit(f"w{number:02d}", replace(GPUS[8], ranks=5 + number % 4), priority=number * 7 % 100)
        made.submit("small", GPUS[1], priority=0)
        named = []
        while made.jobs["small"].state is JobState.QUEUED:
            scheduler, at = made.control.dispatch.scheduler, made.control.dispatch.clock(made.now)
            other = stopped_at(scheduler.line.asks["small"], scheduler, at)
            assert other is not None
            assert scheduler.seat(other, at) is None
            named.append(other.id)
            made.do(HoldJob(other.id, "eve"))
        assert len(named) == len(set(named)) > 1
