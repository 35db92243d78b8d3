"""The points of a task, from wherever they come, once each."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from tensorfleet.agent.output.curves import Curves
from tensorfleet.agent.output.linesplit import Line
from tensorfleet.wire.messages import CurvePoint

GOLDEN = Path(__file__).parents[2] / "golden" / "tfevents"


class Task:
    """A task's directory, in which its ranks write."""

    def __init__(self, folder: Path) -> None:
        self.run = folder / "run"
        self.code = folder / "code"
        (self.run / "metrics").mkdir(parents=True)
        self.code.mkdir()
        self.now = 0.0
        self.state = folder / "curves.json"

    def curves(self, since: float = 0.0, pids: dict[int, int] | None = None) -> Curves:
        rank_of = (pids or {}).get
        return Curves(self.run, [0, 1], [self.code], since, state=self.state, rank_of=rank_of, clock=lambda: self.now)

    def log(self, rank: int, *lines: Any) -> None:
        with (self.run / "metrics" / f"rank-{rank}.jsonl").open("ab") as out:
            for line in lines:
                out.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")

    def board(self, where: str = "runs/a", pid: int = 12968) -> None:
        target = self.code / where
        shutil.copytree(GOLDEN, target)
        for file in list(target.rglob("events*")):
            file.rename(file.with_name(file.name.replace("12968", str(pid))))


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path)


def _take(curves: Curves, over: bool = False) -> list[CurvePoint]:
    points = curves.poll(over)
    curves.keep()
    return points


def test_what_ranks_log_becomes_points(task: Task) -> None:
    curves = task.curves()
    assert _take(curves) == []
    task.log(0, {"t": 5.0, "step": 3, "m": {"loss": 0.5, "acc": 1}})
    task.log(1, {"t": 6.0, "step": 3, "m": {"loss": 0.7}})
    assert _take(curves) == [
        CurvePoint(0, "loss", 3, 5.0, 0.5, "sdk"),
        CurvePoint(0, "acc", 3, 5.0, 1.0, "sdk"),
        CurvePoint(1, "loss", 3, 6.0, 0.7, "sdk"),
    ]
    assert _take(curves) == []


def test_without_a_step_each_name_of_a_rank_counts_for_itself(task: Task) -> None:
    curves = task.curves()
    for _ in range(2):
        task.log(0, {"t": 1.0, "step": None, "m": {"loss": 0.5}})
    task.log(1, {"t": 1.0, "step": None, "m": {"loss": 0.5, "acc": 0.1}})
    assert [(p.rank, p.name, p.step) for p in _take(curves)] == [
        (0, "loss", 0),
        (0, "loss", 1),
        (1, "loss", 0),
        (1, "acc", 0),
    ]


def test_torn_and_foreign_lines_are_skipped_and_a_last_one_is_waited_for(task: Task) -> None:
    curves = task.curves()
    task.log(0, b'{"t": 1.0, "st\n', b"[1]\n", b'"x"\n', b'{"t": 1, "m": {"a": "b", "c": true}}\n', b"\xff\n")
    task.log(0, b"[" * 50_000 + b"\n", b'{"t": 1, "step": 1.5, "m": {"a": 1}}\n', b'{"t": 1e999, "m": {"a": 1}}\n')
    task.log(0, b'{"t": 1, "step": 99999999999999999999, "m": {"a": 1}}\n', b'{"t": 2, "step": 1, ')
    assert _take(curves) == []
    task.log(0, b'"m": {"loss": NaN}}\n')
    (point,) = _take(curves)
    assert math.isnan(point.value)


def test_a_line_that_never_ends_is_stepped_over(task: Task) -> None:
    curves = task.curves()
    task.log(0, b"x" * 600_000 + b"\n", {"t": 1.0, "step": 1, "m": {"loss": 1}})
    assert [point.name for point in _take(curves, over=True)] == ["loss"]


def test_tensorboard_files_are_found_below_the_roots(task: Task) -> None:
    curves = task.curves()
    _take(curves)
    task.board()
    assert _take(curves) == [], "walks are rare"
    task.now += 5.0
    points = _take(curves)
    loss = [point for point in points if point.name == "loss"]
    assert loss[1] == CurvePoint(0, "loss", 1, 1700000001.0, 0.5, "tensorboard")
    assert {point.name for point in points} == {"loss", "acc", "precise", "nan", "both_train/both", "both_val/both"}


def test_a_rank_is_known_by_the_pid_in_the_files_name(task: Task) -> None:
    task.board("runs/a", pid=77)
    task.board("runs/b", pid=78)
    points = _take(task.curves(pids={77: 1, 78: 0}))
    assert {(point.rank, point.name) for point in points} >= {(0, "loss"), (1, "loss"), (1, "both_train/both")}
    assert not any("runs" in point.name for point in points)


def test_a_second_run_of_one_rank_is_told_apart(task: Task) -> None:
    task.board("runs/a")
    task.board("runs/b")
    names = {point.name for point in _take(task.curves())}
    assert names >= {"loss", "runs/b/loss", "both_val/both", "runs/b/both_val/both"}


def test_event_files_of_an_earlier_run_do_not_count(task: Task) -> None:
    task.board()
    assert _take(task.curves(since=1700000015.0)) != []
    task.state.unlink()
    steps = [point.step for point in _take(task.curves(since=1700000025.0)) if point.name == "loss"]
    assert steps == [9]
    task.state.unlink()
    assert _take(task.curves(since=2**40)) == [], "not even opened"


def test_printed_metrics_are_points_and_lines_fed_again_are_not(task: Task) -> None:
    curves = task.curves()
    lines = [Line(1.0, 10, "step=1 loss=0.5"), Line(2.0, 20, "hello"), Line(3.0, 30, "acc=90%")]
    curves.feed(1, lines)
    curves.feed(1, lines[1:])
    assert _take(curves) == [
        CurvePoint(1, "loss", 1, 1.0, 0.5, "lines"),
        CurvePoint(1, "acc", 0, 3.0, 90.0, "lines"),
    ]


def test_points_are_given_until_they_are_kept(task: Task) -> None:
    curves = task.curves()
    task.log(0, {"t": 1.0, "step": 1, "m": {"loss": 1}})
    first = curves.poll()
    task.log(0, {"t": 2.0, "step": 2, "m": {"loss": 2}})
    assert curves.poll()[: len(first)] == first
    curves.keep()
    assert curves.poll() == []


def test_another_curves_goes_on_where_the_first_was_kept(task: Task) -> None:
    first = task.curves()
    task.board()
    task.log(0, {"t": 1.0, "step": None, "m": {"loss": 1}})
    first.feed(0, [Line(1.0, 10, "acc=1")])
    _take(first)
    task.log(0, {"t": 2.0, "step": None, "m": {"loss": 2}})
    first.poll()
    second = task.curves()
    second.feed(0, [Line(1.0, 10, "acc=1"), Line(2.0, 20, "acc=2")])
    assert [(point.name, point.step, point.value) for point in _take(second)] == [("acc", 1, 2.0), ("loss", 1, 2.0)]


def test_an_illegible_state_is_a_fresh_start(task: Task) -> None:
    task.state.write_text("{broken")
    task.log(0, {"t": 1.0, "step": 1, "m": {"loss": 1}})
    assert len(_take(task.curves())) == 1


def test_names_are_bounded_and_sane(task: Task) -> None:
    curves = task.curves()
    task.log(0, {"t": 1.0, "step": 1, "m": {f"m{n}": 1 for n in range(1500)} | {"": 1, "x" * 201: 1, "a\nb": 1}})
    assert len(_take(curves)) == 1000
    assert curves.dropped == 503
    task.log(0, {"t": 1.0, "step": 2, "m": {"m3": 1, "other": 1}})
    assert [point.name for point in _take(curves)] == ["m3"]


def test_the_end_reads_everything_there_is(task: Task) -> None:
    curves = task.curves()
    task.log(0, *({"t": 1.0, "step": step, "m": {"loss": 1.5}} for step in range(6_000)))
    assert len(_take(curves, over=True)) == 6_000
