"""`run.log` writes what it can, drops what it cannot with one line on stderr, and never raises."""

import json
import math
import os
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tensorfleet.train.metrics import MAX_LINE
from tensorfleet.train.run import Run


class Scalar:
    """Like a tensor of one element; of more, like torch, item() raises."""

    def __init__(self, *values: float) -> None:
        self._values = values

    def item(self) -> float:
        if len(self._values) != 1:
            raise RuntimeError(f"a tensor with {len(self._values)} elements cannot be converted to Scalar")
        return self._values[0]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run({"TENSORFLEET_RUN_DIR": str(tmp_path), "RANK": "3", "WORLD_SIZE": "4"})


@pytest.fixture
def lines(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        file = tmp_path / "metrics" / "rank-3.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return read


def test_keywords_a_dict_and_both_are_one_line_each(run: Run, lines: Callable[[], list[dict[str, Any]]]) -> None:
    run.log(loss=0.5, step=7)
    run.log({"val/loss": 1, "step": 8}, lr=Decimal("0.1"))
    run.log({"loss": 0.25}, step=9)
    run.log(loss=0.125)
    assert [(line["step"], line["m"]) for line in lines()] == [
        (7, {"loss": 0.5}),
        (8, {"val/loss": 1.0, "lr": 0.1}),
        (9, {"loss": 0.25}),
        (None, {"loss": 0.125}),
    ]
    times = [line["t"] for line in lines()]
    assert times == sorted(times)
    assert times[0] > 1.6e9


def test_whatever_has_item_is_a_number(run: Run, lines: Callable[[], list[dict[str, Any]]]) -> None:
    run.log(loss=Scalar(0.5), right=Scalar(True), step=Scalar(4))
    assert [(line["step"], line["m"]) for line in lines()] == [(4, {"loss": 0.5, "right": 1.0})]


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, "0.5", b"1", None, [1.0], Scalar(1, 2), 1j, object()])
def test_what_is_no_finite_number_is_dropped_and_told_once(
    run: Run, lines: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str], value: object
) -> None:
    for step in range(3):
        run.log(loss=value, kept=1.0, step=step)
    assert [line["m"] for line in lines()] == [{"kept": 1.0}] * 3
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "loss" in told


@pytest.mark.parametrize("step", [-1, 2**63, 1.5, math.nan, "7", [1]])
def test_a_bad_step_costs_the_step_only(
    run: Run, lines: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str], step: object
) -> None:
    run.log(loss=0.5, step=step)
    assert [(line["step"], line["m"]) for line in lines()] == [(None, {"loss": 0.5})]
    assert "step" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201, "\udc80", 3, None])
def test_a_bad_name_is_dropped(
    run: Run, lines: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str], name: Any
) -> None:
    run.log({name: 1.0, "käse → 100 %": 2.0})
    assert [line["m"] for line in lines()] == [{"käse → 100 %": 2.0}]
    assert capsys.readouterr().err.count("\n") == 1


def test_no_dict_and_too_many_metrics_are_dropped(run: Run, lines: Callable[[], list[dict[str, Any]]]) -> None:
    run.log(3)  # type: ignore[arg-type]  # what a user without a type checker may write
    run.log({f"metric {n}": float(n) for n in range(MAX_LINE // 10)})
    run.log({})
    assert lines() == []


def test_a_run_directory_that_disappears_is_survived(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.rmdir()
    run.log(loss=0.5)
    run.log(loss=0.5)
    assert capsys.readouterr().err.count("\n") == 1
    tmp_path.mkdir()
    run.log(loss=0.25)
    assert "0.25" in (tmp_path / "metrics" / "rank-3.jsonl").read_text()


def test_a_full_disk_is_survived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "rank-0.jsonl").symlink_to("/dev/full")
    run = Run({"TENSORFLEET_RUN_DIR": str(tmp_path)})
    run.log(loss=0.5)
    run.log(loss=0.5)
    assert "No space left" in capsys.readouterr().err


def test_a_closed_descriptor_is_opened_again_and_never_another_file(
    run: Run, tmp_path: Path, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    run.log(loss=1.0)
    name = str(tmp_path / "metrics" / "rank-3.jsonl")
    fds = [int(entry.name) for entry in Path("/proc/self/fd").iterdir() if os.path.realpath(entry) == name]
    assert [fd for fd in fds if fd >= 512] == fds
    for fd in fds:
        os.close(fd)
    run.log(loss=2.0)  # meets EBADF, is lost
    run.log(loss=3.0)
    assert [line["m"]["loss"] for line in lines()] == [1.0, 3.0]


def test_threads_and_forked_children_share_the_file(run: Run, lines: Callable[[], list[dict[str, Any]]]) -> None:
    run.log(first=1.0)
    children = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            for step in range(200):
                run.log({f"child {child}": float(step)}, step=step)
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0

    def report() -> None:
        for step in range(200):
            run.log(thread=float(step), step=step)

    threads = [threading.Thread(target=report) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines()) == 1 + 3 * 200 + 3 * 200


def test_without_a_fleet_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run({})
    run.log(loss=0.5, step=1)
    assert not run.should_stop()
    assert list(tmp_path.iterdir()) == []
