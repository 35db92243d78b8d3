"""Each recipe, copied out to an empty directory, trains there without TensorFleet, under torchrun if parallel."""

import csv
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from process import torchrun
from tensorfleet.recipes.catalog import RECIPES, command

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def run(
    recipe: str,
    folder: Path,
    params: dict[str, Any],
    *,
    ranks: int = 1,
    fleet: bool = False,
    env: dict[str, str] | None = None,
) -> str:
    """Copies the script to `folder`, runs it there in a bare environment and returns what it printed."""
    shutil.copy(RECIPES[recipe].script, folder)
    if not fleet:  # stands in for an environment without the package, which the tests' own has
        (folder / "tensorfleet.py").write_text("raise ImportError('not installed')\n")
    argv = [*(TORCHRUN if ranks > 1 else [sys.executable]), *command(recipe, params)[1:]]
    bare = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "error", **(env or {})}
    done = torchrun.run(argv, cwd=folder, env=bare, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return found


def test_resnet_learns_a_folder_of_images_over_two_ranks(tmp_path: Path) -> None:
    for label, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for shade in range(20):
            Image.new("RGB", (40 + shade, 36), tuple(v + shade for v in colour)).save(
                tmp_path / "photos" / label / f"{shade}.png"
            )
    params = {"images": "photos", "image_size": 32, "epochs": 2, "batch_size": 6, "flip": "yes"}
    printed = run("resnet", tmp_path, params, ranks=2)
    assert "36 images of 2 classes, 4 held back; 2 ranks" in printed
    assert result(tmp_path)["steps"] == 6
    assert (tmp_path / "model.pt").stat().st_size > 40_000_000


def test_resnet_50_trains_on_its_default_images(tmp_path: Path) -> None:
    run("resnet", tmp_path, {"depth": 50, "image_size": 32, "epochs": 1, "limit": 40, "workers": 1})
    assert result(tmp_path)["steps"] == 1


def test_bert_learns_over_two_ranks(tmp_path: Path) -> None:
    params = {"steps": 20, "length": 32, "batch_size": 4, "eval_every": 10}
    assert "2 ranks" in run("bert", tmp_path, params, ranks=2)
    assert result(tmp_path)["val_loss"] < 5.2
    assert (tmp_path / "model.pt").exists()


def test_charlm_learns_a_text_over_two_ranks_and_writes(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("to be or not to be, that is the question.\n" * 100)
    params = {"text": "text.txt", "steps": 60, "width": 64, "layers": 2, "context": 32, "lr": 0.003, "sample": 50}
    run("charlm", tmp_path, params, ranks=2)
    assert result(tmp_path)["val_loss"] < 2.5
    assert len((tmp_path / "sample.txt").read_text()) == 50


def test_tabular_learns_its_default_table(tmp_path: Path) -> None:
    printed = run("tabular", tmp_path, {"model": "linear"})
    assert printed.count("fold ") == 5
    assert result(tmp_path)["accuracy"] > 0.95
    assert (tmp_path / "model.pkl").exists()


def test_tabular_regresses_a_table_with_gaps_and_text(tmp_path: Path) -> None:
    with (tmp_path / "houses.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["size", "town", "price"])
        for row in range(100):
            table.writerow(["" if row % 9 == 0 else row * 1.5, ["A", "B", ""][row % 3], row * 3000.5])
    run("tabular", tmp_path, {"csv": "houses.csv", "target": "price", "model": "boosting", "folds": 3})
    assert result(tmp_path)["task"] == "regression"
    assert result(tmp_path)["r2"] > 0.5


def test_tabular_refuses_a_second_rank(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="one process"):
        run("tabular", tmp_path, {}, env={"WORLD_SIZE": "2", "RANK": "0"})
