"""A scikit-learn model on a table: cross-validated, then fitted on all of it.

    python tabular.py --csv houses.csv --target price --model boosting
    tensorfleet run --recipe tabular -p csv=/data/houses.csv -p target=price

A column is numeric where all its values are numbers, else each of its values becomes a column of its own; empty
cells are filled with the median or the commonest value. A target with text or with at most 20 whole numbers is
classified (accuracy), any other is regressed (R squared); --task overrules. Without --csv it learns scikit-learn's
569 real breast cancer measurements. One process: the score of each fold is logged, and `model.pkl` and
`metrics.json` are written to --output.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import pickle
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import ensemble, linear_model, neighbors
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships without annotations

try:
    from tensorfleet import log
except ImportError:  # copied out, and run where TensorFleet is not installed

    def log(metrics: Mapping[str, Any] | None = None, /, *, step: Any = None, **values: Any) -> None:
        """Nobody to tell."""


MODELS: dict[str, dict[str, Callable[[int, int], Any]]] = {
    "linear": {
        "classification": lambda seed, threads: linear_model.LogisticRegression(max_iter=2000, random_state=seed),
        "regression": lambda seed, threads: linear_model.Ridge(random_state=seed),
    },
    "forest": {
        "classification": lambda seed, threads: ensemble.RandomForestClassifier(random_state=seed, n_jobs=threads),
        "regression": lambda seed, threads: ensemble.RandomForestRegressor(random_state=seed, n_jobs=threads),
    },
    "boosting": {
        "classification": lambda seed, threads: ensemble.HistGradientBoostingClassifier(random_state=seed),
        "regression": lambda seed, threads: ensemble.HistGradientBoostingRegressor(random_state=seed),
    },
    "neighbours": {
        "classification": lambda seed, threads: neighbors.KNeighborsClassifier(),
        "regression": lambda seed, threads: neighbors.KNeighborsRegressor(),
    },
}


def between(kind: Callable[[str], float], least: float, most: float) -> Callable[[str], float]:
    """A checker of numbers for argparse."""

    def check(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    check.__name__ = kind.__name__  # argparse names it where the text is no number at all
    return check


def existing(text: str) -> Path:
    """A path for argparse that leads somewhere."""
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"{text} does not exist")
    return Path(text)


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(description="Cross-validate and fit a scikit-learn model on a table.")
    flags.add_argument(
        "--csv", type=existing, default=None, help="a CSV file with a header; breast cancer if not given"
    )
    flags.add_argument("--target", default="", help="the column to predict; the last one if not given")
    flags.add_argument("--model", choices=list(MODELS), default="forest", help="the estimator")
    flags.add_argument("--task", choices=["auto", "classification", "regression"], default="auto", help="what to learn")
    flags.add_argument("--folds", type=between(int, 2, 1000), default=5, help="parts of the cross-validation")
    flags.add_argument("--seed", type=between(int, 0, 2**31), default=0, help="for the folds and the model")
    flags.add_argument("--threads", type=between(int, 1, 1024), default=1, help="CPU threads")
    flags.add_argument("--output", type=Path, default=Path(os.environ.get("TENSORFLEET_OUTPUT_DIR") or "."))
    return flags


def read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows. Exits with a sentence where the file is no table."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = [row for row in csv.reader(file) if row] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        parser().error(f"--csv {path} cannot be read: {error}")
    if len(header) < 2 or not rows:
        parser().error(f"--csv {path} needs a header with two columns or more, and rows below it")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            parser().error(f"--csv {path}: row {number} has {len(row)} cells, the header has {len(header)}")
    return header, rows


def numbers(cells: list[str]) -> list[float] | None:
    """The cells as numbers, empty ones as nan; None where one of them is neither."""
    try:
        values = [float(cell) if cell.strip() else math.nan for cell in cells]
    except ValueError:
        return None
    return None if any(map(math.isinf, values)) else values


def load(args: argparse.Namespace) -> tuple[Any, list[Any], list[int]]:
    """The columns to predict from (rows x columns), the target, and which of the columns are text."""
    if args.csv is None:
        bunch = load_breast_cancer()
        return bunch.data.astype(object), [str(bunch.target_names[i]) for i in bunch.target], []
    header, rows = read_table(args.csv)
    if args.target and args.target not in header:
        parser().error(f"--target {args.target} is no column of {args.csv}; there are {', '.join(header)}")
    target = header.index(args.target) if args.target else len(header) - 1
    rows = [row for row in rows if row[target].strip()]  # nothing to learn from the others
    if not rows:
        parser().error(f"the column {header[target]} of {args.csv} is empty")
    goal_cells = [row.pop(target) for row in rows]
    columns: list[list[Any]] = []
    text = []
    for column in range(len(header) - 1):
        cells = [row[column] for row in rows]
        values = numbers(cells)
        if values is None:
            text.append(column)
        columns.append(values or [cell if cell.strip() else np.nan for cell in cells])
    return np.array(columns, dtype=object).T, list(numbers(goal_cells) or goal_cells), text


def decide_task(args: argparse.Namespace, goal: list[Any]) -> str:
    if args.task != "auto":
        return str(args.task)
    text = isinstance(goal[0], str)
    few = len(set(goal)) <= 20
    return "classification" if text or (few and all(value.is_integer() for value in goal)) else "regression"


def build(args: argparse.Namespace, task: str, width: int, text: list[int]) -> Pipeline:
    """Fills gaps, scales numbers, spreads text into columns, and hands that to the model."""
    numeric = [column for column in range(width) if column not in text]
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
            (
                "text",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=100),
                ),
                text,
            ),
        ]
    )
    return Pipeline([("prepare", prepare), ("model", MODELS[args.model][task](args.seed, args.threads))])


def main() -> None:
    flags = parser()
    args = flags.parse_args()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        flags.error("tabular trains in one process: ask for one slot")
    if args.target and args.csv is None:
        flags.error("--target names a column of --csv, which is not given")
    started = time.monotonic()
    table, goal, text = load(args)
    task = decide_task(args, goal)
    if task == "regression" and isinstance(goal[0], str):
        flags.error("a target with text cannot be regressed")
    y = np.array(goal)
    if task == "regression" and np.isnan(y).any():
        flags.error("the target has cells that are not a number")
    least = int(np.unique(y, return_counts=True)[1].min()) if task == "classification" else len(y)
    if least < args.folds:
        of = "rarest class" if task == "classification" else "table"
        flags.error(f"--folds {args.folds} is over the {least} rows of the {of}")
    split = StratifiedKFold if task == "classification" else KFold
    folds = split(args.folds, shuffle=True, random_state=args.seed)
    name = "accuracy" if task == "classification" else "r2"
    model = build(args, task, table.shape[1], text)
    print(f"{len(y)} rows, {table.shape[1]} columns; {task} with {args.model}", flush=True)
    scores = []
    with threadpool_limits(args.threads):
        for fold, (train, test) in enumerate(folds.split(table, y)):
            scores.append(float(model.fit(table[train], y[train]).score(table[test], y[test])))
            log({name: scores[-1]}, step=fold)
            print(f"fold {fold + 1}/{args.folds}  {name} {scores[-1]:.4f}", flush=True)
        model.fit(table, y)
    mean, spread = float(np.mean(scores)), float(np.std(scores))
    print(f"{name} {mean:.4f} ± {spread:.4f}", flush=True)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "model.pkl").write_bytes(pickle.dumps(model))
    result = {"task": task, name: mean, "spread": spread, "folds": scores, "seconds": time.monotonic() - started}
    (args.output / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
