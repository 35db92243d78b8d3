"""What a printed line tells of metrics, and what only looks like it."""

from __future__ import annotations

import math
import time

import pytest

from tensorfleet.agent.output.metriclines import LONGEST, Found, read_line


@pytest.mark.parametrize(
    ("line", "step", "values"),
    [
        ("step=10 loss=0.123 acc=97%", 10, {"loss": 0.123, "acc": 97.0}),
        ("Epoch=3, loss=1.2e-3, lr = 1E-4", 3, {"loss": 0.0012, "lr": 1e-4}),
        ("epoch=2 step=40 loss=-.5", 40, {"epoch": 2.0, "loss": -0.5}),
        ("step=10/100 loss=1", 10, {"loss": 1.0}),
        ("iteration=7 iter=8 loss=1", 7, {"iter": 8.0, "loss": 1.0}),
        ("[train/loss=0.5] (val.acc=0.9)", None, {"train/loss": 0.5, "val.acc": 0.9}),
        ("loss=0.5.", None, {"loss": 0.5}),
        ("  5%|▌   | 5/100 [00:01<00:19, 4.9it/s, loss=0.31, acc=0.9]", None, {"loss": 0.31, "acc": 0.9}),
        ("\x1b[32mloss=\x1b[1m0.5\x1b[0m step=1", 1, {"loss": 0.5}),
        ("step=1.5 loss=2", None, {"step": 1.5, "loss": 2.0}),
        ("step=1 loss=2 loss=3", 1, {"loss": 2.0}),
    ],
)
def test_metrics(line: str, step: int | None, values: dict[str, float]) -> None:
    assert read_line(line) == Found(step, values)


def test_not_a_number_and_infinity_are_values() -> None:
    found = read_line("step=5 loss=nan grad=-inf scale=Infinity")
    assert found is not None
    assert found.step == 5
    assert math.isnan(found.values["loss"])
    assert (found.values["grad"], found.values["scale"]) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "epoch: 3, loss: 0.5",
        "python train.py --lr=0.1 -x=3",
        "torch=2.13.0 host=10.0.0.1 date=2024-01-01 took=3s",
        "hash=1a2b3c id=0x10 name=x1",
        "http://h/?a=1&b=2",
        "tokens=1,234,567",
        "Dropout(p=0.1, inplace=False)",
        "Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), bias=0)",
        "Namespace(lr=0.1, betas=(0.9, 0.99), epochs=3)",
        "a == 3, b != 4, c >= 5",
        "step=10",
        "loss=",
        "x" * LONGEST + " loss=1",
    ],
)
def test_no_metrics(line: str) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize("line", ["a" * 4000 + "=", "f(" * 2000 + "=", "a=" * 2000, "a=1" * 1300, "(" * 4000 + "=)"])
def test_no_line_takes_long(line: str) -> None:
    before = time.thread_time()
    read_line(line)
    assert time.thread_time() - before < 0.05
