"""The jobs that ran become a trace that can be read, and what became of them can be compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.sim.replay.figures import figures
from tensorfleet.sim.replay.history import as_it_was, past, write_trace
from tensorfleet.sim.replay.trace import read_trace
from tensorfleet.wire.rest import AttemptView, JobView

BEGIN = 1_700_000_000.0


def job(name: str, submitted: float, *runs: tuple[float, float], gpus: int = 2, kind: Kind = Kind.GPU) -> JobView:
    """runs: begin and end of its attempts, like `submitted` since BEGIN."""
    attempts = tuple(
        AttemptView(number, BEGIN + begin - 1, BEGIN + begin, BEGIN + end, ("n",), "")
        for number, (begin, end) in enumerate(runs)
    )
    return JobView(
        id=name,
        name=name,
        state=JobState.SUCCEEDED,
        since=0.0,
        owner="ada",
        team="vision",
        priority=80,
        submitted=BEGIN + submitted,
        started=None,
        ended=BEGIN + runs[-1][1] if runs else BEGIN,
        run=("true",),
        recipe="",
        code="",
        request=Request(kind, gpus),
        attempt=len(runs),
        shares=(),
        cause=None,
        why="",
        reachable=True,
        rev=1,
        history=attempts,
        max_duration=3600.0 if name == "a" else 0.0,
    )


def test_jobs_that_ran_are_a_trace(tmp_path: Path) -> None:
    jobs = [job("b", 50, (60, 100), (200, 230)), job("a", 40, (50, 150)), job("never", 0), job("slots", 0, (1, 2))]
    jobs[-1] = job("slots", 0, (1, 2), kind=Kind.SLOT)
    found = past(jobs)
    assert [(each.id, each.submit, each.gpus, each.duration, each.limit) for each, _ in found] == [
        ("a", 0.0, 2, 100.0, 3600.0),
        ("b", 10.0, 2, 70.0, 0.0),
    ]
    path = tmp_path / "trace.csv"
    write_trace(path, (each for each, _ in found))
    assert list(read_trace(path, 8)[0].jobs) == [each for each, _ in found]


def test_what_happened_has_figures() -> None:
    found = figures([as_it_was([outcome for _, outcome in past([job("a", 40, (50, 150)), job("b", 40, (60, 80))])], 8)])
    assert found["mean_completion_s"] == pytest.approx((110 + 40) / 2)
    assert found["makespan_s"] == pytest.approx(110)
    assert found["utilization"] == pytest.approx((200 + 40) / 8 / 110)


def test_on_a_fleet_without_gpus_a_slot_counts_as_one() -> None:
    assert [each.gpus for each, _ in past([job("a", 0, (1, 2), gpus=3, kind=Kind.SLOT)])] == [3]
