"""`run.checkpoint` in one process: what it takes, when it asks for a save, what a full disk or a damaged file does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tensorfleet.train import checkpoint as sdk
from tensorfleet.train.run import Run
from tensorfleet.train.saved import CheckpointError


@pytest.fixture(autouse=True)
def quiet_torch() -> Iterator[None]:
    """As in a program, where torch's notes are no errors."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def job(folder: Path, **more: str) -> Run:
    """A lone rank of a fleet."""
    (folder / "run").mkdir(exist_ok=True)
    return Run(
        {
            "TENSORFLEET_JOB_ID": "j1",
            "TENSORFLEET_ATTEMPT": "1",
            "TENSORFLEET_RUN_DIR": str(folder / "run"),
            "TENSORFLEET_CHECKPOINT_DIR": str(folder / "saved"),
            "TENSORFLEET_CHECKPOINT_EVERY": "0",
            **more,
        }
    )


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    schedule.step()
    state = {"model": model, "optimizer": optimizer, "schedule": schedule, "epoch": 4, "more": {"seen": torch.ones(2)}}
    assert job(tmp_path).checkpoint.save(state, 12, metric={"loss": torch.tensor(0.5)}, wait=True)
    other = torch.nn.Linear(3, 2)
    again = torch.optim.SGD(other.parameters(), lr=0.5, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(again, 1)
    into: dict[str, Any] = {"model": other, "optimizer": again, "schedule": schedule, "epoch": 0}
    into["more"] = {"seen": torch.zeros(2)}
    found = job(tmp_path).checkpoint.load(into)
    assert found is not None
    assert (found.step, found.metrics) == (12, {"loss": 0.5})
    assert torch.equal(other.weight, model.weight)
    assert again.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
    assert torch.equal(again.state[other.weight]["momentum_buffer"], optimizer.state[model.weight]["momentum_buffer"])
    assert (into["epoch"], schedule.last_epoch, into["more"]["seen"].tolist()) == (4, 1, [1.0, 1.0])


def test_a_save_holds_the_state_of_its_moment(tmp_path: Path) -> None:
    state = {"weights": torch.zeros(1_000_000)}
    run = job(tmp_path)
    run.checkpoint.save(state, 0)
    state["weights"].fill_(1)
    run.checkpoint.wait()
    run.checkpoint.load(state)
    assert not state["weights"].any()


def test_nothing_saved_is_nothing_to_load(tmp_path: Path) -> None:
    assert job(tmp_path).checkpoint.load({"weights": torch.ones(1)}) is None
    assert job(tmp_path).checkpoint.latest() is None


def test_a_damaged_file_is_told_and_the_checkpoint_before_it_is_taken(tmp_path: Path, capsys: Any) -> None:
    run, state = job(tmp_path), {"weights": torch.zeros(1000)}
    for step in (1, 2):
        state["weights"].fill_(step)
        run.checkpoint.save(state, step, wait=True)
    file = tmp_path / "saved" / "step-2" / "__0_0.distcp"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    found = run.checkpoint.load(state)
    assert found is not None
    assert (found.step, state["weights"][0].item()) == (1, 1.0)
    assert f"step 2 cannot be used: {file} is damaged" in capsys.readouterr().err
    assert '"damaged": [1, 2]' in (tmp_path / "run" / "checkpoint-failures.jsonl").read_text()
    (tmp_path / "saved" / "step-1" / "__0_0.distcp").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"no checkpoint can be loaded: .*step-2.*step-1"):
        run.checkpoint.load(state)


def test_a_state_that_was_saved_without_a_part_is_refused_by_name(tmp_path: Path) -> None:
    run = job(tmp_path)
    run.checkpoint.save({"weights": torch.zeros(2)}, 1, wait=True)
    with pytest.raises(CheckpointError, match=r"does not fit this program: .*bias"):
        run.checkpoint.load({"weights": torch.zeros(2), "bias": torch.zeros(2)})


@pytest.mark.parametrize("state", [None, [], {1: 2}, {"": 2}])
def test_what_is_no_state_is_refused(tmp_path: Path, state: Any) -> None:
    with pytest.raises(CheckpointError, match="takes a dict"):
        job(tmp_path).checkpoint.save(state, 0)


@pytest.mark.parametrize(
    ("step", "metric", "words"), [(-1, None, "a step"), (1.5, None, "a step"), (1, "x", "no number")]
)
def test_what_is_no_step_or_no_number_is_refused(tmp_path: Path, step: Any, metric: Any, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        job(tmp_path).checkpoint.save({}, step, metric)


def test_a_place_that_takes_nothing_costs_the_checkpoint_and_not_the_training(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "saved").write_text("a file where the directory should be")
    run = job(tmp_path)
    assert run.checkpoint.save({"weights": torch.zeros(2)}, 3)
    assert not run.checkpoint.wait()
    assert "the checkpoint of step 3 was not saved: " in capsys.readouterr().err
    assert '"step": 3' in (tmp_path / "run" / "checkpoint-failures.jsonl").read_text()


def test_it_is_due_at_its_interval_and_at_a_stop_once(tmp_path: Path) -> None:
    run, state = job(tmp_path, TENSORFLEET_CHECKPOINT_EVERY="1000"), {"weights": torch.zeros(2)}
    assert not run.checkpoint.due()
    (tmp_path / "run" / "stop").touch()
    deadline = time.monotonic() + 2
    while not run.checkpoint.due():
        assert time.monotonic() < deadline
    assert run.should_stop()
    assert run.checkpoint.save(state, 5)
    assert not run.checkpoint.busy, "the last one is waited for"
    assert not run.checkpoint.due()


def test_it_is_never_due_so_soon_that_the_training_waits_more_than_its_share(tmp_path: Path) -> None:
    run, state = job(tmp_path), {"weights": torch.zeros(2)}
    begun = time.monotonic()
    waited, saves = 0.0, 0
    while saves < 4:
        if run.checkpoint.due():
            run.checkpoint.save(state, saves)
            waited += run.checkpoint.blocked if saves else 0.0  # the first one imports
            begun, saves = (begun if saves else time.monotonic()), saves + 1
    assert waited <= (time.monotonic() - begun) * sdk.SHARE * 1.5


def test_a_laptop_keeps_the_last_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run({})
    for step in range(5):
        run.checkpoint.save({"weights": torch.zeros(2)}, step, wait=True)
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["step-2", "step-3", "step-4"]


def test_what_the_fleet_gives_is_gone_on_from_and_own_saves_come_before_it(tmp_path: Path) -> None:
    earlier = job(tmp_path)
    earlier.checkpoint.save({"weights": torch.ones(2)}, 8, wait=True)
    given = {"TENSORFLEET_RESUME_FROM": str(tmp_path / "saved" / "step-8"), "TENSORFLEET_ATTEMPT": "2"}
    run = job(tmp_path, TENSORFLEET_CHECKPOINT_DIR=str(tmp_path / "second"), **given)
    state = {"weights": torch.zeros(2)}
    found = run.checkpoint.load(state)
    assert found is not None
    assert (found.step, found.attempt, state["weights"].tolist()) == (8, 1, [1.0, 1.0])
    run.checkpoint.save(state, 9, wait=True)
    latest = run.checkpoint.latest()
    assert latest is not None
    assert (latest.step, latest.attempt) == (9, 2)


def test_parts_of_several_nodes_are_no_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    run = job(tmp_path, TENSORFLEET_NODES="2", TENSORFLEET_NODE_RANK="1", LOCAL_RANK="0")
    run.checkpoint.save({"weights": torch.ones(2)}, 1, wait=True)
    assert (tmp_path / "saved" / "step-1" / "manifest-1.json").exists()
    assert run.checkpoint.latest() is None
