"""A Run knows who it is from the environment, whatever stands there, and sees the stop file."""

import time
from pathlib import Path

import pytest

import tensorfleet
from tensorfleet.train.run import Run


def test_a_rank_of_a_fleet_knows_its_place(tmp_path: Path) -> None:
    run = Run(
        {
            "RANK": "1",
            "WORLD_SIZE": "2",
            "TENSORFLEET_JOB_ID": "job-1",
            "TENSORFLEET_ATTEMPT": "3",
            "TENSORFLEET_OUTPUT_DIR": str(tmp_path / "out"),
            "TENSORFLEET_CHECKPOINT_DIR": str(tmp_path / "ckpt"),
            "TENSORFLEET_RESUME_FROM": str(tmp_path / "ckpt" / "7"),
        }
    )
    assert (run.rank, run.world_size, run.job_id, run.attempt) == (1, 2, "job-1", 3)
    assert run.output_dir == tmp_path / "out"
    assert run.checkpoint_dir == tmp_path / "ckpt"
    assert run.resume_from == tmp_path / "ckpt" / "7"


def test_a_laptop_is_a_lone_process_that_writes_where_it_stands() -> None:
    run = Run({})
    assert (run.rank, run.world_size, run.job_id, run.attempt) == (0, 1, "", 0)
    assert run.output_dir == run.checkpoint_dir == Path.cwd()
    assert run.resume_from is None


@pytest.mark.parametrize("value", ["", "two", "-1", "1.5", "٣"])
def test_a_strange_launcher_is_survived(value: str) -> None:
    run = Run({"RANK": value, "WORLD_SIZE": value, "TENSORFLEET_ATTEMPT": value})
    assert (run.rank, run.world_size, run.attempt) == (0, 1, 0)


def test_should_stop_turns_true_within_a_second_and_stays(tmp_path: Path) -> None:
    run = Run({"TENSORFLEET_RUN_DIR": str(tmp_path)})
    assert not run.should_stop()
    (tmp_path / "stop").touch()
    deadline = time.monotonic() + 1.0
    while not run.should_stop():
        assert time.monotonic() < deadline
    (tmp_path / "stop").unlink()
    assert run.should_stop()


def test_the_package_offers_the_sdk_by_name() -> None:
    assert tensorfleet.init() is tensorfleet.init()
    assert isinstance(tensorfleet.init(), tensorfleet.Run)
    tensorfleet.log(loss=0.5, step=1)
    assert not tensorfleet.should_stop()
    with pytest.raises(AttributeError, match="has no attribute 'logg'"):
        _ = tensorfleet.logg  # type: ignore[attr-defined]  # on purpose
