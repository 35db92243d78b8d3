"""A short slice of the benchmarks with ceilings a busy machine keeps: a tenfold slowdown does not go unseen."""

from __future__ import annotations

import time
from pathlib import Path

from process.fleet import Fleet, wait_for


def test_a_first_line_comes_at_once(fleet: Fleet) -> None:
    taken = []
    for _ in range(5):
        start = time.monotonic()
        job = fleet.submit("echo", "hello")
        message = next(iter(fleet.client.follow_logs(job.id)))
        taken.append(time.monotonic() - start)
        assert getattr(message, "text", "") == "hello"
    assert min(taken) < 0.4, "it takes 0.03 s on an idle machine"


def test_many_short_jobs_flow(fleet: Fleet) -> None:
    start = time.monotonic()
    jobs = [fleet.submit("true").id for _ in range(40)]
    live = ("queued", "starting", "running")
    wait_for(lambda: not list(fleet.client.jobs(states=live)), "all ended", 40)
    assert {fleet.client.job(job).state for job in jobs} == {"succeeded"}
    assert 40 / (time.monotonic() - start) > 5, "it is over 60 a second on an idle machine"


def test_head_and_agent_stay_small(fleet: Fleet) -> None:
    for name, most in (("head", 120), ("a", 80)):
        pages = int(Path(f"/proc/{fleet.processes[name].pid}/statm").read_text().split()[1])
        assert pages * 4096 / 2**20 < most


def test_help_answers_at_once(fleet: Fleet) -> None:
    taken = []
    for _ in range(5):
        start = time.monotonic()
        assert fleet.run("--help").returncode == 0
        taken.append(time.monotonic() - start)
    assert min(taken) < 0.15


def test_the_head_is_ready_in_time(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.end("head")
        start = time.monotonic()
        fleet.start_head()
        assert time.monotonic() - start < 1.5
