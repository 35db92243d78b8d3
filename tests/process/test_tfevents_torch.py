"""What torch's own SummaryWriter writes today, the reader reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tensorfleet.agent.output.eventfiles import writer_of
from tensorfleet.agent.output.tfevents import EventFile

pytest.importorskip("tensorboard", reason="TensorBoard is an extra")

WRITER = """
import os, sys
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter(sys.argv[1])
for step in range(100):
    writer.add_scalar("old", step / 2, step)
    writer.add_scalar("new", step / 4, step, new_style=True)
    writer.add_scalar("double", step / 8, step, new_style=True, double_precision=True)
writer.add_scalars("group", {"a": 1.0, "b": 2.0}, 5)
writer.add_text("text", "words", 1)
writer.add_hparams({"lr": 0.1}, {"final": 0.5}, run_name="hparams")
writer.close()
print(os.getpid())
"""


def test_every_kind_of_scalar_is_read_back(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WRITER, tmp_path], capture_output=True, text=True, check=True
    )
    main = next(tmp_path.glob("events*"))
    assert writer_of(main) == int(ran.stdout)
    scalars = EventFile(main).read()
    for tag, divisor in (("old", 2), ("new", 4), ("double", 8)):
        found = [(scalar.step, scalar.value) for scalar in scalars if scalar.tag == tag]
        assert found == [(step, step / divisor) for step in range(100)]
    assert {scalar.tag for scalar in scalars} == {"old", "new", "double"}
    for name, value in (("group_a", 1.0), ("group_b", 2.0)):
        (file,) = (tmp_path / name).iterdir()
        assert [(s.tag, s.step, s.value) for s in EventFile(file).read()] == [("group", 5, value)]
    (final,) = (tmp_path / "hparams").iterdir()
    assert [(s.tag, s.value) for s in EventFile(final).read()] == [("final", 0.5)]
