"""Usage: whatever way it is grouped it sums to the same, and the edges of the window cut it right."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from tensorfleet.core.attempts import REMEMBERED
from tensorfleet.core.job import Attempt, Job, JobSpec, RankExit, Share
from tensorfleet.core.spent import add_up
from tensorfleet.core.usage_report import SLOTS, UNKNOWN, By, Usage, Window, report
from tensorfleet.errors import InvalidRequest

MODELS = {"g0": "A100", "g1": "A100", "g2": "H100"}
ALL = Window(0.0, 1e9)


def attempt(number: int, placed: float, ended: float, gpus: tuple[str, ...] = (), code: int = 0) -> Attempt:
    ranks = len(gpus) or 2
    share = Share("n", "n", 0, 0, ranks, gpus, exits=tuple(RankExit(rank, code) for rank in range(ranks)))
    return Attempt(number, (share,), placed, ended=ended, blame=0 if code else None)


def job(name: str, *attempts: Attempt, owner: str = "ada", team: str = "vision") -> Job:
    return Job(name, JobSpec(name, ("x",)), owner, team, 0.0, attempts=attempts)


def only(rows: dict[str, Usage]) -> Usage:
    (row,) = rows.values()
    return row


def test_what_is_cut_off_at_the_edges_and_what_runs_still() -> None:
    one = job("a", attempt(1, 10.0, 30.0, ("g0", "g1")), attempt(2, 50.0, 0.0, ("g2",)))
    row = only(report([one], Window(20.0, 60.0), 55.0, By.TEAM, MODELS))
    assert (row.gpu_seconds, row.useful, row.lost) == (25.0, 20.0, 0.0)
    assert report([one], Window(30.0, 50.0), 55.0, By.TEAM, MODELS) == {}
    assert {name: row.gpu_seconds for name, row in report([one], ALL, 55.0, By.GPU, MODELS).items()} == {
        "A100": 40.0,
        "H100": 5.0,
    }


def test_what_comes_after_the_last_checkpoint_of_a_failed_attempt_is_lost() -> None:
    failed = attempt(1, 0.0, 100.0, code=1)
    row = only(report([job("a", failed)], ALL, 200.0, By.GPU, {}))
    assert (row.slot_seconds, row.useful, row.lost, row.efficiency) == (200.0, 0.0, 200.0, 0.0)
    saved = Attempt(1, failed.shares, 0.0, ended=100.0, blame=0, saved=75.0)
    assert only(report([job("a", saved)], ALL, 200.0, By.GPU, {})).efficiency == 0.75


def test_waiting_is_that_of_jobs_first_placed_within() -> None:
    jobs = [job(str(wait), attempt(1, float(wait), 1000.0)) for wait in range(1, 11)]
    row = only(report(jobs, ALL, 0.0, By.TEAM, {}))
    assert (row.mean_wait, row.p90_wait) == (5.5, 9.0)
    assert only(report(jobs, Window(500.0, 600.0), 0.0, By.TEAM, {})).mean_wait is None


def test_attempts_that_are_no_longer_kept_count_as_before() -> None:
    every = [attempt(n, n * 10.0, n * 10.0 + 10, ("g2",), n % 2) for n in range(1, 3 * REMEMBERED)]
    short = job("a", *every[-REMEMBERED:])
    for old in every[:-REMEMBERED]:
        short = Job(**{name: getattr(short, name) for name in Job.__slots__} | {"used": add_up(short.used, old)})
    whole, kept = (only(report([each], ALL, 0.0, By.GPU, MODELS)) for each in (job("a", *every), short))
    assert kept == whole
    assert len(short.used) == 1


@pytest.mark.parametrize("window", [(2.0, 1.0), (1.0, 1.0), (math.nan, 1.0), (0.0, math.inf)])
def test_a_window_that_is_none_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(InvalidRequest, match="since"):
        Window(*window)


FIGURES: tuple[Callable[[Usage], float], ...] = (
    lambda row: row.gpu_seconds,
    lambda row: row.slot_seconds,
    lambda row: row.useful,
    lambda row: row.lost,
)


@pytest.mark.parametrize("seed", range(30))
def test_every_grouping_sums_to_the_same_and_windows_add_up(seed: int) -> None:
    chance = random.Random(seed)
    jobs = []
    for name in range(40):
        at, attempts = chance.uniform(0, 500), []
        for number in range(1, chance.randrange(1, 5)):
            end = at + chance.uniform(1, 300)
            gpus = tuple(chance.sample(["g0", "g1", "g2", "gone"], chance.randrange(5)))
            attempts.append(attempt(number, at, end, gpus, chance.randrange(2)))
            at = end + chance.uniform(0, 50)
        jobs.append(job(str(name), *attempts, owner=chance.choice("abc"), team=chance.choice("xy")))
    edge = chance.uniform(1, 1000)

    def sums(by: By, window: Window) -> list[float]:
        rows = report(jobs, window, 2000.0, by, MODELS)
        assert set(rows) <= {"A100", "H100", SLOTS, UNKNOWN} or by is not By.GPU
        return [math.fsum(figure(row) for row in rows.values()) for figure in FIGURES]

    whole = sums(By.USER, Window(0.0, 2000.0))
    for by in By:
        assert sums(by, Window(0.0, 2000.0)) == pytest.approx(whole)
        parts = (sums(by, Window(0.0, edge)), sums(by, Window(edge, 2000.0)))
        assert [a + b for a, b in zip(*parts, strict=True)] == pytest.approx(whole)
