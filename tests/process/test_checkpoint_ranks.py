"""What some ranks saved, any other number of ranks loads, to the bit: model, optimizer and all beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from process.torchrun import ABORTED, launch


def train(folder: Path, ranks: int, kind: str, steps: int = 2) -> dict[str, Any]:
    done = launch(folder, ranks, "checkpointed.py", kind, str(steps))
    # The last thing a rank says comes after its last save is durable everywhere; torchrun's own end does not matter.
    assert done.returncode == 0 or (ABORTED in done.stderr and done.stdout), done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_fsdp_goes_on_with_1_and_then_3_ranks_from_what_2_saved(tmp_path: Path) -> None:
    two = train(tmp_path, 2, "fsdp")
    assert two["from"] is None
    one = train(tmp_path, 1, "fsdp")
    assert (one["from"], one["loaded"], one["note"]) == (1, two["after"], "after 3")
    three = train(tmp_path, 3, "fsdp")
    assert (three["from"], three["loaded"], three["seen"]) == (3, one["after"], [6.0, 6.0])


def test_ddp_fsdp_and_a_lone_process_load_each_others(tmp_path: Path) -> None:
    ddp = train(tmp_path, 2, "ddp")
    lone = train(tmp_path, 0, "plain")
    assert lone["loaded"] == ddp["after"]
    fsdp = train(tmp_path, 2, "fsdp")
    assert (fsdp["from"], fsdp["loaded"]) == (3, lone["after"])


def test_ranks_that_never_met_save_once_and_load_alike(tmp_path: Path) -> None:
    first = train(tmp_path, 2, "plain")
    assert [folder.name for folder in sorted((tmp_path / "checkpoints").iterdir())] == ["step-0", "step-1"]
    assert train(tmp_path, 2, "plain")["loaded"] == first["after"]
