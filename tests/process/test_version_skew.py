"""Row 28: an agent of the version before, under a head of this one, runs jobs as it always did."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for

ROOT = Path(__file__).parents[2]
BEFORE = "31498c4"
"""The last commit of the version before: without pause, checkpoints, and what else the session has learned since."""

START = "from tensorfleet.cli.main import main; main()"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the version before."""
    tree = tmp_path_factory.mktemp("before")
    made = subprocess.run(
        ["git", "archive", "-o", str(tree / "tree.tar"), BEFORE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"the history of this tree does not reach back to {BEFORE}: {made.stderr.strip()}")
    with tarfile.open(tree / "tree.tar") as tar:
        tar.extractall(tree, filter="data")
    assert not (tree / "agent" / "checkpoints").exists()
    return tree


@pytest.fixture
def skewed(before: Path, tmp_path: Path) -> Iterator[Fleet]:
    """A head of this version and one agent, `old`, of the version before."""
    with Fleet(tmp_path) as fleet:
        start_old(fleet, before)
        yield fleet


def start_old(fleet: Fleet, tree: Path) -> None:
    port, token = fleet.about["rpc_port"], fleet.data / "join.token"
    arguments = ["--head", f"127.0.0.1:{port}", "--join", f"@{token}", "--name", "old", "--slots", "2", "--no-warm"]
    with open(fleet.root / "old.log", "ab") as log:
        fleet.processes["old"] = subprocess.Popen(
            [sys.executable, "-c", START, "agent", *arguments, "--data-dir", str(fleet.root / "agent-old")],
            env={**os.environ, "HOME": str(fleet.root), "PYTHONPATH": str(tree)},
            cwd=fleet.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_for(lambda: fleet.state_of("old") == "online", "the old agent is online")
    loaded = Path(f"/proc/{fleet.processes['old'].pid}/environ").read_bytes()
    assert str(tree).encode() in loaded


def test_an_agent_of_the_version_before_runs_stops_and_pauses_jobs(skewed: Fleet) -> None:
    job = skewed.submit("sh", "-c", "echo out; echo $TENSORFLEET_ATTEMPT", slots=2).id
    assert skewed.finished(job).state == "succeeded"
    assert sorted(skewed.lines(job)) == ["1", "1", "out", "out"]
    job = skewed.submit("sleep", "600").id
    skewed.running(job)
    skewed.client.pause(job)
    wait_for(lambda: skewed.client.job(job).state == "paused", "it is paused")
    skewed.client.resume_job(job)
    wait_for(lambda: skewed.client.job(job).attempt == 2, "it goes on")
    skewed.running(job)
    skewed.client.stop(job)
    assert skewed.finished(job).state == "cancelled"
    log = (skewed.root / "old.log").read_text()
    assert "connection lost" not in log
    assert "Traceback" not in log


def test_an_agent_is_upgraded_under_a_running_job(skewed: Fleet) -> None:
    count = "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.05; done"
    job = skewed.submit("sh", "-c", count).id
    wait_for(lambda: len(skewed.lines(job)) > 5, "it writes")
    skewed.end("old")
    skewed.agent("old", "--slots", "2", "--no-warm")
    done = skewed.finished(job)
    assert (done.state, done.attempt) == ("succeeded", 1)
    assert skewed.lines(job) == [str(number) for number in range(60)]
