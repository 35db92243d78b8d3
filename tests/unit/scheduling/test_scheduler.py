"""Who starts, who waits, who makes room: the policy in small scenes."""

from __future__ import annotations

import pytest

from tensorfleet.core.resources import Kind
from tensorfleet.core.scheduling.policy import Discipline, JobClass, Policy, Slice
from unit.scheduling.board import HOUR, ask, leaving, requeue, scheduler, started


def test_a_gang_starts_whole_or_not_at_all() -> None:
    board = scheduler(nodes=2)
    board.enqueue(ask("gang", 12))
    board.enqueue(ask("other", 12, 1.0))
    decision = board.decide(1.0)
    assert started(decision) == ["gang"]
    assert sum(share.ranks for share in decision.starts[0][2]) == 12


def test_fifo_lets_nobody_overtake() -> None:
    board = scheduler(policy=Policy(discipline=Discipline.FIFO))
    for each in (ask("first", 6, 0), ask("big", 8, 1), ask("small", 1, 2)):
        board.enqueue(each)
    assert started(board.decide(2.0)) == ["first"]


def test_easy_lets_those_overtake_that_are_over_in_time() -> None:
    board = scheduler(policy=Policy(discipline=Discipline.EASY))
    board.enqueue(ask("first", 6, 0, limit=100.0))
    assert started(board.decide(0.0)) == ["first"]
    board.enqueue(ask("big", 8, 1, limit=50.0))
    board.enqueue(ask("too-long", 1, 2, limit=120.0))
    board.enqueue(ask("short", 1, 3, limit=90.0))
    assert started(board.decide(5.0)) == ["short"]
    assert board.promises["big"].at == 100.0


def test_what_a_promise_leaves_may_be_used_for_longer() -> None:
    board = scheduler(nodes=2, gpus=4, policy=Policy(discipline=Discipline.EASY))
    board.enqueue(ask("first", 4, 0, limit=100.0))
    board.enqueue(ask("second", 2, 0, limit=1000.0))
    assert started(board.decide(0.0)) == ["first", "second"]
    board.enqueue(ask("big", 4, 1, limit=50.0))
    board.enqueue(ask("long", 2, 2, limit=5000.0))
    assert started(board.decide(1.0)) == ["long"]
    board.ended("first", 60.0)
    assert started(board.decide(60.0)) == ["big"]


def test_a_promised_time_is_kept_however_many_short_jobs_come() -> None:
    board = scheduler(policy=Policy(discipline=Discipline.EASY))
    board.enqueue(ask("first", 5, 0, limit=1000.0))
    board.decide(0.0)
    board.enqueue(ask("big", 8, 1, limit=10.0))
    board.decide(1.0)
    promised = board.promises["big"].at
    for number in range(200):
        board.enqueue(ask(f"small{number}", 1, 2.0 + number, limit=float(1 + number * 37 % 600)))
    now, overtaking = 2.0, 0
    while "big" not in (names := started(board.decide(now))):
        overtaking += len(names)
        now = min(holding.ends() for holding in board.holdings.values())
        for name in [name for name, holding in board.holdings.items() if holding.ends() <= now]:
            board.ended(name, now)
    assert overtaking > 5
    assert now <= promised


def test_a_job_with_little_service_takes_the_place_of_one_with_much() -> None:
    board = scheduler(policy=Policy())
    board.enqueue(ask("long", 8, 0))
    assert started(board.decide(0.0)) == ["long"]
    board.enqueue(ask("new", 2, 100.0))
    early = board.decide(1000.0)
    assert not leaving(early)
    assert board.wake == 3600.0, "8 GPU-hours on 8 GPUs are over after an hour"
    late = board.decide(3600.0)
    assert leaving(late) == ["long"]
    requeue(board, ["long"], 3600.0)
    assert started(board.decide(3600.0)) == ["new"]


def test_nobody_is_interrupted_for_a_gang_that_would_still_not_fit() -> None:
    board = scheduler(nodes=2, policy=Policy())
    board.enqueue(ask("long", 8, 0))
    board.enqueue(ask("fixed", 8, 0, limit=90 * HOUR))
    board.decide(0.0)
    board.enqueue(ask("gang", 16, 1.0))
    assert not leaving(board.decide(10 * HOUR))


def test_the_cheapest_are_chosen_and_no_more_than_needed() -> None:
    board = scheduler(nodes=1, policy=Policy())
    for name, gpus in (("two", 2), ("one", 1), ("five", 5)):
        board.enqueue(ask(name, gpus, attained=9 * HOUR))
    board.decide(0.0)
    board.enqueue(ask("new", 3, 1.0))
    assert sorted(leaving(board.decide(2 * HOUR))) == ["one", "two"]


def test_an_urgent_job_starts_at_once_at_the_cost_of_a_lower_class() -> None:
    board = scheduler(policy=Policy())
    board.enqueue(ask("training", 8, 0))
    board.decide(0.0)
    board.enqueue(ask("demo", 1, 1.0, job_class=JobClass.URGENT))
    decision = board.decide(1.0)
    assert leaving(decision) == ["training"]
    requeue(board, ["training"], 2.0)
    assert started(board.decide(2.0)) == ["demo"]


def test_what_is_emptied_for_somebody_is_given_to_nobody_else() -> None:
    board = scheduler(nodes=1, gpus=4, policy=Policy())
    for name in ("a", "b"):
        board.enqueue(ask(name, 2, attained=9 * HOUR))
    board.decide(0.0)
    board.enqueue(ask("gang", 4, 1.0, job_class=JobClass.URGENT))
    assert sorted(leaving(board.decide(1.0))) == ["a", "b"]
    requeue(board, ["a"], 2.0)
    board.enqueue(ask("quick", 1, 2.0))
    assert started(board.decide(2.0)) == []
    requeue(board, ["b"], 3.0)
    assert started(board.decide(3.0)) == ["gang"]


@pytest.mark.parametrize(("times", "expected"), [(7, ["old"]), (8, [])])
def test_nobody_is_interrupted_more_often_than_the_policy_allows(times: int, expected: list[str]) -> None:
    board = scheduler(policy=Policy())
    old = ask("old", 8, attained=9 * HOUR)
    old.interrupted = tuple(float(each) for each in range(times))
    board.enqueue(old)
    board.decide(10.0)
    board.enqueue(ask("new", 1, 20.0))
    assert leaving(board.decide(2 * HOUR)) == expected


def test_interruptions_stay_within_their_budget() -> None:
    board = scheduler(policy=Policy(loss_budget=0.0))
    board.enqueue(ask("old", 8, attained=9 * HOUR))
    board.decide(0.0)
    board.enqueue(ask("new", 1, 20.0))
    assert leaving(board.decide(2 * HOUR)) == []


def test_without_preemption_nobody_is_interrupted() -> None:
    board = scheduler(policy=Policy(preemption=False))
    board.enqueue(ask("old", 8, attained=9 * HOUR))
    board.decide(0.0)
    board.enqueue(ask("new", 1, 20.0, job_class=JobClass.URGENT))
    assert leaving(board.decide(50 * HOUR)) == []


def test_a_job_that_waited_too_long_goes_first_and_is_kept_a_place() -> None:
    board = scheduler(policy=Policy())
    board.enqueue(ask("running", 8, 0, limit=30 * HOUR))
    board.decide(0.0)
    board.enqueue(ask("gang", 8, 10.0, job_class=JobClass.BATCH, limit=HOUR))
    for number in range(20):
        board.enqueue(ask(f"normal{number}", 1, 79 * HOUR, limit=40 * HOUR))
    board.decide(80 * HOUR)
    assert board.line.asks["gang"].pinned == 80 * HOUR
    board.ended("running", 80 * HOUR)
    assert started(board.decide(80 * HOUR)) == ["gang"]


def test_a_team_may_hold_no_more_than_its_cap() -> None:
    board = scheduler(policy=Policy(teams={"vision": Slice(cap=3)}))
    for number in range(5):
        board.enqueue(ask(f"v{number}", 1, float(number), team="vision"))
    board.enqueue(ask("other", 2, 9.0, team="speech"))
    assert sorted(started(board.decide(10.0))) == ["other", "v0", "v1", "v2"]
    assert board.ledger.held("vision", Kind.GPU) == 3


def test_a_user_may_hold_no_more_than_the_cap_within_the_team() -> None:
    board = scheduler(policy=Policy(users={"vision/ada": Slice(cap=2)}))
    for number in range(4):
        board.enqueue(ask(f"a{number}", 1, float(number), team="vision", user="ada"))
    board.enqueue(ask("bob", 1, 9.0, team="vision", user="bob"))
    assert set(started(board.decide(10.0))) == {"a0", "a1", "bob"}


def test_a_team_below_its_guarantee_gets_back_what_others_borrowed() -> None:
    board = scheduler(policy=Policy(teams={"vision": Slice(guarantee=4)}))
    for number in range(4):
        board.enqueue(ask(f"guest{number}", 2, float(number), team="speech"))
    board.decide(10.0)
    board.enqueue(ask("ours", 4, 20.0, team="vision"))
    assert leaving(board.decide(20.0)) == []
    assert len(leaving(board.decide(10.0 + 0.5 * HOUR))) == 2


def test_teams_share_by_weight_whenever_both_have_work() -> None:
    policy = Policy(teams={"large": Slice(share=3.0), "small": Slice(share=1.0)})
    board = scheduler(nodes=2, policy=policy)
    for team in policy.teams:
        for number in range(400):
            board.enqueue(ask(f"{team}{number}", 1, float(number), team=team, limit=HOUR))
    for hour in range(15):
        board.decide(hour * HOUR)
        for name in list(board.holdings):
            board.ended(name, (hour + 1) * HOUR)
    large, small = (board.ledger.teams.used(team, 15 * HOUR) for team in ("large", "small"))
    assert large / (large + small) == pytest.approx(0.75, rel=0.05)


def test_a_large_gang_does_not_starve_behind_a_stream_of_small_jobs() -> None:
    board = scheduler(policy=Policy())
    for number in range(8):
        board.enqueue(ask(f"s{number}", 1, 0.0))
    board.decide(0.0)
    board.enqueue(ask("gang", 8, 1.0))
    now, number = 0.0, 8
    while "gang" not in board.holdings:
        now += 0.25 * HOUR
        assert now < 30 * HOUR
        for name in [name for name, holding in board.holdings.items() if now - holding.started >= HOUR]:
            board.ended(name, now)
            board.enqueue(ask(f"s{number}", 1, now))
            number += 1
        requeue(board, leaving(board.decide(now)), now)
        board.decide(now)
    assert "gang" in board.holdings


def test_nobody_takes_the_last_ranks_below_a_cap_from_one_for_whom_others_made_room() -> None:
    board = scheduler(2, 8, Policy(teams={"b": Slice(cap=4)}))
    for number in range(2):
        board.enqueue(ask(f"a{number}", 7, float(number), team="a", job_class=JobClass.BATCH))
    board.enqueue(ask("b", 1, 2.0, team="b"))
    assert started(board.decide(2.0)) == ["b", "a0", "a1"]
    board.enqueue(ask("urgent", 3, 10.0, team="b", job_class=JobClass.URGENT, limit=HOUR))
    board.enqueue(ask("small", 1, 10.0, team="b", job_class=JobClass.SCAVENGER))
    decision = board.decide(2 * HOUR)
    assert (started(decision), len(leaving(decision))) == ([], 1)
    requeue(board, leaving(decision), 2 * HOUR)
    assert started(board.decide(2 * HOUR)) == ["urgent"]


def test_what_is_promised_to_a_lower_class_holds_back_nobody_above_it() -> None:
    board = scheduler(1, 2)
    board.enqueue(ask("one", 1, 0.0, limit=HOUR, preemptible=False))
    board.decide(0.0)
    board.enqueue(ask("wide", 2, 1.0))
    board.decide(1.0)
    assert "wide" in board.promises
    board.enqueue(ask("normal", 1, 2.0))
    assert started(board.decide(2.0)) == []
    board.enqueue(ask("urgent", 1, 3.0, job_class=JobClass.URGENT))
    assert started(board.decide(3.0)) == ["urgent"]
