"""Ranks that stop making steps are noticed, explained and restarted; ranks that take their time are left alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import JobFile, ResourcesFile, WatchdogFile
from tensorfleet.wire.rest import JobView

FLOOR = 3.0

SCRIPT = """\
import os, pathlib, sys, time, torch, torch.distributed as dist, tensorfleet
run, folder, how = tensorfleet.init(), pathlib.Path(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo")
(folder / f"pid-{run.rank}").write_text(str(os.getpid()))
value = torch.ones(4)
for step in range(60):
    dist.all_reduce(value)
    run.log(loss=1.0, step=step)
    time.sleep(0.02)
    if run.rank == 0:
        (folder / "at").write_text(f"{run.attempt} {step}")
    if step == 30 and how == "phase":
        with run.phase("evaluation"):
            time.sleep(float(sys.argv[3]))
    if step == 30 and how == "behind" and run.attempt == 1 and run.rank == 1:
        time.sleep(1e6)
    if step == 30 and how == "wait" and run.attempt == 1:
        while not (folder / "stopped").exists():
            time.sleep(0.01)
dist.destroy_process_group()
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--slots", "2")
        yield fleet


def train(fleet: Fleet, folder: Path, *arguments: str, nodes: int, **more: object) -> JobView:
    (folder / "train.py").write_text(SCRIPT)
    run = ["python", str(folder / "train.py"), str(folder), *arguments]
    resources = ResourcesFile(nodes=nodes, slots=2 // nodes)
    watchdog = WatchdogFile(factor=10, floor=FLOOR)
    return fleet.client.submit(JobFile(run=run, resources=resources, watchdog=watchdog, **more))  # type: ignore[arg-type]


def ended_because(fleet: Fleet, job: JobView) -> str:
    done = fleet.finished(job.id, 90)
    assert (done.state, done.attempt) == ("succeeded", 2)
    return done.history[0].cause


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_stopped_rank_is_found_named_and_costs_one_attempt(fleet: Fleet, tmp_path: Path, nodes: int) -> None:
    job = train(fleet, tmp_path, "wait", nodes=nodes)
    wait_for(lambda: (tmp_path / "at").exists() and (tmp_path / "at").read_text() == "1 30", "it trains", 60)
    os.kill(int((tmp_path / "pid-1").read_text()), signal.SIGSTOP)
    began = time.monotonic()
    (tmp_path / "stopped").touch()
    wait_for(lambda: fleet.client.job(job.id).attempt == 2, "it is restarted", 60)
    took = time.monotonic() - began
    print(f"restarted {took:.1f} s after the rank was stopped, floor {FLOOR:g} s")
    assert FLOOR < took < FLOOR + 15
    cause = ended_because(fleet, job)
    assert "rank 1 is stopped" in cause


def test_a_rank_that_stays_behind_is_named_with_what_it_does(fleet: Fleet, tmp_path: Path) -> None:
    job = train(fleet, tmp_path, "behind", nodes=1)
    cause = ended_because(fleet, job)
    assert "rank 1" in cause
    found = {item.path: item for item in fleet.client.artifacts(job.id)}
    assert "hang/attempt-1/rank-1.txt" in found, sorted(found)
    target = tmp_path / "stack.txt"
    fleet.client.download_artifact(job.id, found["hang/attempt-1/rank-1.txt"], target)
    assert "train.py:" in target.read_text()


def test_a_declared_phase_may_take_its_time(fleet: Fleet, tmp_path: Path) -> None:
    job = train(fleet, tmp_path, "phase", str(3 * FLOOR), nodes=1)
    done = fleet.finished(job.id, 90)
    assert (done.state, done.attempt) == ("succeeded", 1)
