"""The digits recipe reaches its accuracy over two ranks, in a curve that is the same to the bit each time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tensorfleet.recipes.catalog import RECIPES
from tensorfleet.train.export import export_sdk


def train(folder: Path, *arguments: str) -> list[list[tuple[int, float]]]:
    """Two ranks under torchrun with a run directory, as an agent would give it: each rank's loss curve."""
    folder.mkdir()
    (folder / "run").mkdir()
    shutil.copy(RECIPES["digits"].script, folder)
    export_sdk(folder / "sdk")
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder / "sdk"),
        "TENSORFLEET_RUN_DIR": str(folder / "run"),
        "TENSORFLEET_OUTPUT_DIR": str(folder / "output"),
        "OMP_NUM_THREADS": "1",
    }
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launcher, "digits.py", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    curves = []
    for rank in range(2):
        lines = (folder / "run" / "metrics" / f"rank-{rank}.jsonl").read_text().splitlines()
        points = [json.loads(line) for line in lines]
        curves.append([(point["step"], point["m"]["loss"]) for point in points if "loss" in point["m"]])
    return curves


def test_two_ranks_reach_95_percent_and_repeat_their_curve_to_the_bit(tmp_path: Path) -> None:
    first = train(tmp_path / "first")
    result = json.loads((tmp_path / "first" / "output" / "metrics.json").read_text())
    assert result["accuracy"] > 0.95
    assert (tmp_path / "first" / "output" / "model.pt").exists()
    assert [step for step, _ in first[0]] == list(range(result["steps"]))
    assert first[0] != first[1]  # each rank has its own share of the digits
    assert train(tmp_path / "second") == first


def test_a_lone_process_trains_too_and_another_seed_gives_another_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tensorfleet.recipes import digits

    for seed in ("0", "1"):
        monkeypatch.setattr(
            "sys.argv", ["digits.py", "--epochs", "1", "--seed", seed, "--output", str(tmp_path / seed)]
        )
        digits.main()
    begin, first, again, second = capsys.readouterr().out.splitlines()
    assert begin == again == "rank 0 of 1: 1 epochs of 44 steps on cpu"
    assert first.startswith("epoch 1/1  loss ")
    assert first != second
