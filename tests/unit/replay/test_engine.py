"""The replay: nobody is lost, nothing is held twice, work is done in full, and the same trace ends the same."""

from __future__ import annotations

import math
import random

import pytest

from tensorfleet.core.scheduling.policy import Discipline, Policy, Slice
from tensorfleet.errors import InvalidRequest
from tensorfleet.sim.replay.engine import replay
from tensorfleet.sim.replay.figures import figures, quantile
from tensorfleet.sim.replay.result import TraceJob

CAPACITY = 4 * 8


def trace(seed: int, jobs: int = 120) -> list[TraceJob]:
    """Runs from seconds to days on 1 to 32 GPUs, at a load above 1."""
    dice = random.Random(seed)
    at = 0.0
    made = []
    for number in range(jobs):
        at += dice.expovariate(1 / 1500)
        gpus = dice.choice((1, 1, 1, 2, 4, 8, 8, 16, 32))
        duration = math.exp(dice.uniform(3.0, 11.5))
        limit = dice.choice((0.0, 0.0, duration * dice.uniform(1.0, 3.0)))
        team = dice.choice("ab")
        made.append(TraceJob(f"j{number}", at, gpus, duration, limit, team, dice.choice("xyz"), dice.randrange(101)))
    return made


def elastic(jobs: list[TraceJob]) -> list[TraceJob]:
    return [
        TraceJob(job.id, job.submit, job.gpus, job.duration, elastic={n: job.duration / n**0.8 for n in (1, 2, 4, 8)})
        for job in jobs
    ]


POLICIES = {
    "fifo": Policy(discipline=Discipline.FIFO),
    "easy": Policy(discipline=Discipline.EASY),
    "default": Policy(),
    "shares": Policy(teams={"a": Slice(3.0, guarantee=16), "b": Slice(1.0, cap=32)}, level=3600.0, min_run=300.0),
}


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("seed", range(3))
def test_everybody_ends_with_all_of_its_work_done(name: str, seed: int) -> None:
    jobs = trace(seed)
    played = replay(jobs, 4, 8, POLICIES[name], 60.0)
    assert {outcome.job.id for outcome in played.outcomes} == {job.id for job in jobs}
    assert all(0 <= step.used <= CAPACITY for step in played.steps)
    for outcome in played.outcomes:
        assert outcome.started >= outcome.job.submit
        work = outcome.job.duration * outcome.job.gpus
        assert outcome.gpu_seconds - outcome.lost == pytest.approx(work, rel=1e-6)
        assert outcome.lost <= outcome.preemptions * 60.0 * outcome.job.gpus + 1e-3


def test_the_same_trace_ends_the_same() -> None:
    jobs = trace(7)
    assert replay(jobs, 4, 8, Policy(), 60.0) == replay(list(reversed(jobs)), 4, 8, Policy(), 60.0)


@pytest.mark.parametrize("seed", range(3))
def test_elastic_jobs_are_faster_than_the_same_jobs_on_one_gpu(seed: int) -> None:
    jobs = elastic(trace(seed, 60))
    played = replay(jobs, 4, 8, Policy(), 60.0)
    assert len(played.outcomes) == len(jobs)
    alone = [TraceJob(job.id, job.submit, 1, job.duration) for job in jobs]
    slow = figures([replay(alone, 4, 8, Policy(), 60.0)])
    fast = figures([played])
    assert float(str(fast["mean_completion_s"])) < 0.7 * float(str(slow["mean_completion_s"]))


def test_figures_of_a_trace_done_by_hand() -> None:
    jobs = [TraceJob("a", 0.0, 8, 100.0), TraceJob("b", 10.0, 8, 50.0)]
    found = figures([replay(jobs, 1, 8, Policy(discipline=Discipline.FIFO), 60.0)])
    assert found["mean_completion_s"] == (100.0 + 140.0) / 2
    assert found["makespan_s"] == 150.0
    assert found["utilization"] == 1.0
    assert found["preemptions"] == 0
    assert found["slowdown_by_gpus"] == {"8": pytest.approx((1.0 + 2.8) / 2)}


def test_a_short_job_overtakes_a_long_one_at_the_cost_of_a_restart() -> None:
    jobs = [TraceJob("long", 0.0, 8, 36000.0), TraceJob("short", 100.0, 8, 60.0)]
    played = {outcome.job.id: outcome for outcome in replay(jobs, 1, 8, Policy(), 60.0).outcomes}
    assert played["short"].started == 3600.0
    assert played["long"].finished == 36000.0 + 60.0 + 60.0
    assert (played["long"].preemptions, played["long"].lost) == (1, 480.0)


def test_jobs_that_could_never_start_are_named() -> None:
    jobs = [TraceJob("a", 0.0, 1, 10.0, team="x"), TraceJob("b", 0.0, 8, 10.0, team="x")]
    with pytest.raises(InvalidRequest, match="1 jobs could never start: b"):
        replay(jobs, 1, 8, Policy(teams={"x": Slice(cap=4)}), 60.0)


def test_quantiles_are_by_nearest_rank() -> None:
    assert quantile(range(1, 101), 0.99) == 99
    assert quantile([2, 1], 0.5) == 1
    assert quantile([5], 0.99) == 5
