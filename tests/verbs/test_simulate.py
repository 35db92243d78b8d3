"""`tensorfleet simulate` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from process.fleet import Fleet

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
    assert not done.stderr
    root = ET.fromstring(drawing.read_text())
    assert root.tag.endswith("svg")
    assert drawing.read_text().count("<polygon") == 1


def test_workloads_and_fleets_are_drawn_one_below_the_other(trace: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "queue.svg"
    head, *rows = trace.read_text().splitlines()
    both = [f"{row},{name}" for name in ("a<b", "c") for row in rows]
    trace.write_text("\n".join([f"{head},workload", *both]) + "\n")
    done = simulate("--trace", trace, "--nodes", 2, "--nodes", 3, "--svg", drawing)
    assert done.returncode == 0, done.stderr
    titles = [each.text or "" for each in ET.fromstring(drawing.read_text()).iter("{http://www.w3.org/2000/svg}text")]
    shown = [each.partition(":")[0] for each in titles if "waited" in each]
    assert shown == [f"default on {count} nodes, {name}" for count in (2, 3) for name in ("a<b", "c")]


def test_easy_does_with_coarse_limits_too(trace: Path) -> None:
    found = [
        json.loads(simulate("--trace", trace, "--nodes", 2, "--policy", "easy", "--limits", each, "--json").stdout)
        for each in ("none", "coarse", "exact")
    ]
    assert [each["limits"] for each in found] == ["none", "coarse", "exact"]
    none, coarse, exact = (each["mean_completion_s"] for each in found)
    assert none != coarse != exact
    assert "coarse limits" in simulate("--trace", trace, "--nodes", 2, "--limits", "coarse").stdout


def test_what_a_fleet_has_run_is_replayed(fleet: Fleet, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert fleet.run("run", "--no-upload", "--wait", "--name", name, "--", "true").returncode == 0
    kept = tmp_path / "history.csv"
    done = fleet.run("simulate", "--from-history", "--since", "1h", "--save-trace", str(kept), "--json")
    assert done.returncode == 0, done.stderr
    was, would = json.loads(done.stdout)
    assert (was["policy"], would["policy"]) == ("as it was", "default")
    assert was["jobs"] == would["jobs"] == len(kept.read_text().splitlines()) - 1 >= 2
    again = json.loads(simulate("--trace", kept, "--nodes", would["nodes"], "--json").stdout)
    assert again["jobs"] == would["jobs"]
    assert fleet.run("simulate", "--from-history", "--since", "1s", "--until").returncode == 2


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
        (["--svg", "none/x.svg"], "--svg"),
        (["--from-history"], "--trace"),
        (["--save-trace", "x.csv"], "--from-history"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_what_would_be_valid(
    trace: Path, options: list[str], said: str
) -> None:
    done = simulate("--trace", trace, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout
