"""`tensorfleet simulate` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

KEYS = {
    "mean_completion_s",
    "p50_completion_s",
    "p99_completion_s",
    "makespan_s",
    "utilization",
    "gpu_time_lost_fraction",
    "preemptions",
}


def simulate(*options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorfleet.cli", "simulate", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    rows = (f"{n},{n * 50},{1 + n * 7 % 16},{100 + n * 997 % 20000}" for n in range(60))
    path.write_text("job_id,submit_s,gpus,duration_s\n" + "\n".join(rows) + "\n")
    return path


def test_one_replay_is_one_document_with_a_drawing(trace: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "queue.svg"
    done = simulate("--trace", trace, "--nodes", 2, "--gpus-per-node", 8, "--json", "--svg", drawing)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) >= KEYS
    assert found["jobs"] == 60
    assert 0 < found["utilization"] <= 1
    root = ET.fromstring(drawing.read_text())
    assert root.tag.endswith("svg")


def test_policies_and_fleets_are_compared_in_one_table(trace: Path) -> None:
    done = simulate("--trace", trace, "--nodes", 2, "--nodes", 3, "--policy", "fifo", "--policy", "default", "--json")
    found = json.loads(done.stdout)
    assert [(each["nodes"], each["policy"]) for each in found] == [
        (2, "fifo"),
        (2, "default"),
        (3, "fifo"),
        (3, "default"),
    ]
    assert found[1]["mean_completion_s"] < found[0]["mean_completion_s"]
    assert found[2]["mean_completion_s"] < found[0]["mean_completion_s"]
    shown = simulate("--trace", trace, "--nodes", 2, "--policy", "easy")
    assert "limits known" in shown.stdout


def test_settings_change_what_comes_out(trace: Path) -> None:
    calm = json.loads(simulate("--trace", trace, "--nodes", 2, "--no-preemption", "--json").stdout)
    eager = json.loads(
        simulate("--trace", trace, "--nodes", 2, "--set", "level=10m", "--set", "min_run=1m", "--json").stdout
    )
    assert calm["preemptions"] == 0 < eager["preemptions"]
    fifo = json.loads(simulate("--trace", trace, "--nodes", 2, "--set", "discipline=fifo", "--json").stdout)
    assert fifo["policy"] == "fifo"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--nodes", "1", "--gpus-per-node", "4"], "at most 4"),
        (["--set", "min_rum=1m"], "min_run"),
        (["--rigid"], "--elastic"),
        (["--policy", "lifo"], "lifo"),
        (["--preempt-cost", "nan"], "preempt-cost"),
        (["--nodes", "2", "--nodes", "3", "--svg", "x.svg"], "--svg"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_what_would_be_valid(
    trace: Path, options: list[str], said: str
) -> None:
    done = simulate("--trace", trace, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout
