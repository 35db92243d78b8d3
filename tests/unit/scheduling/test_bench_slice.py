"""A short run of what `make bench` measures: the work of a pass does not grow with the queue, a job in it is small, the
policy beats EASY and FIFO on the trace made here, and shares hold. Only ratios and counts: no machine is too slow."""

from __future__ import annotations

import statistics

import pytest

from bench.scheduler.crowd import bytes_per_job, crowd
from bench.scheduler.explaining import explained
from bench.scheduler.shares import SHARES, shares
from bench.scheduler.traces import made, played
from tensorfleet.core.scheduling.policy import Discipline


def test_a_pass_does_not_work_along_the_queue() -> None:
    short, long = (crowd(40, queued, 0.5, 150) for queued in (1_500, 15_000))
    assert len(short.steady.passes) == len(long.steady.passes)
    ratio = statistics.median(long.steady.passes) / statistics.median(short.steady.passes)
    assert ratio < 4


def test_a_job_in_the_queue_takes_little() -> None:
    assert bytes_per_job(5_000) < 1_536


def test_the_policy_beats_easy_with_known_run_times_and_fifo() -> None:
    trace = [made(1000, seed=3)]
    fifo, easy, ours = (played(trace, 8, 8, each) for each in Discipline)
    assert ours.mean < 0.5 * easy.mean < 0.5 * fifo.mean
    assert ours.lost < 0.01


@pytest.mark.parametrize("limited", [0.0, 1.0])
def test_two_teams_have_their_shares(limited: float) -> None:
    found = shares(16, 7, limited)
    wanted = SHARES["team-0"] / sum(SHARES.values())
    assert found["team-0"] == pytest.approx(wanted, rel=0.05)


def test_an_explanation_costs_no_look_at_the_whole_queue() -> None:
    short, long = explained(20, 300, asked=20), explained(20, 6000, asked=20)
    assert (short.running, long.running) != (0, 0)
    print(f"a sentence {short.sentence:.3f} and {long.sentence:.3f} ms, all {short.whole:.2f} and {long.whole:.2f} ms")
    assert long.sentence < 5 * short.sentence + 0.5
