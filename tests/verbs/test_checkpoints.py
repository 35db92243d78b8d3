"""`checkpoints`, `checkpoints download`, `run --resume-from`: what a job can go on from, and another begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from process.fleet import Fleet
from tensorfleet.errors import Conflict, InvalidRequest, NotFound
from tensorfleet.train.saved import damage, read
from tensorfleet.wire.jobfile import BestFile, CheckpointFile

TRAIN = """\
import sys, torch, tensorfleet
run = tensorfleet.init()
state = {"weights": torch.zeros(1000)}
found = run.checkpoint.load(state)
print("begins with", found and found.step, state["weights"][0].item(), flush=True)
for step in range(int(sys.argv[1]), int(sys.argv[2])):
    state["weights"].fill_(step)
    run.checkpoint.save(state, step, metric={"loss": abs(step - 1) + 1}, wait=True)
"""


@pytest.fixture(scope="module")
def job(fleet: Fleet) -> str:
    """A job that is over, of four saves, of which the two newest and the best were kept."""
    policy = CheckpointFile(keep=2, best=BestFile("loss"))
    view = fleet.submit("python", "-c", TRAIN, "0", "4", slots=1, name="saver", checkpoint=policy)
    assert fleet.finished(view.id, 60).state == "succeeded"
    return view.id


def test_the_newest_and_the_best_are_listed(fleet: Fleet, job: str) -> None:
    shown = fleet.run("checkpoints", "saver")
    assert shown.returncode == 0, shown.stderr
    heading, *rows = shown.stdout.splitlines()
    assert heading.split() == ["STEP", "ATTEMPT", "SAVED", "SIZE", "STATE", "METRICS", "PATH"]
    assert [row.split()[0] for row in rows] == ["3", "2", "1"]
    assert "saved, best" in rows[2]
    assert "loss 1" in rows[2]
    listed = json.loads(fleet.run("checkpoints", job, "--json").stdout)
    assert [(each["step"], each["state"], each["best"]) for each in listed] == [
        (3, "saved", False),
        (2, "saved", False),
        (1, "saved", True),
    ]
    assert fleet.run("checkpoints", "nothing").returncode == 5


@pytest.mark.parametrize(("words", "step"), [((), 3), (("2",), 2), (("best",), 1), (("latest",), 3)])
def test_one_is_fetched_whole(fleet: Fleet, job: str, tmp_path: Path, words: tuple[str, ...], step: int) -> None:
    done = fleet.run("checkpoints", "download", job, *words, "here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    saved = read(tmp_path / "here")
    assert saved is not None
    assert (saved.step, damage(saved)) == (step, "")
    assert str(Path("here") / ".metadata") in done.stdout


def test_one_that_is_not_there_is_a_sentence(fleet: Fleet, job: str, tmp_path: Path) -> None:
    for step in ("0", "newest", "-1"):
        with pytest.raises(NotFound, match="has no checkpoint"):
            fleet.client.checkpoint_files(job, step)
    missing = fleet.run("checkpoints", "download", job, "0", "here", cwd=tmp_path)
    assert (missing.returncode, (tmp_path / "here").exists()) == (5, False)


@pytest.mark.parametrize(("reference", "said"), [("saver", "3 3.0"), ("saver@2", "2 2.0"), ("saver@best", "1 1.0")])
def test_another_job_begins_with_it(fleet: Fleet, job: str, reference: str, said: str) -> None:
    done = fleet.run("run", "--resume-from", reference, "--no-upload", "--", "python", "-c", TRAIN, "9", "9")
    assert done.returncode == 0, done.stderr
    assert f"begins with {said}" in done.stdout


@pytest.mark.parametrize(
    ("reference", "words"), [("nothing", "no job 'nothing'"), ("saver@0", "no checkpoint of step")]
)
def test_what_is_not_there_is_refused_at_the_submit(fleet: Fleet, job: str, reference: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=f"resume_from: .*{words}"):
        fleet.submit("true", resume_from=reference)


def test_files_on_shared_storage_are_told_where_they_lie(fleet: Fleet, tmp_path: Path) -> None:
    policy = CheckpointFile(dir=str(tmp_path))
    view = fleet.submit("python", "-c", TRAIN, "0", "2", slots=1, checkpoint=policy)
    assert fleet.finished(view.id, 60).state == "succeeded"
    (newest, _) = fleet.client.checkpoints(view.id)
    assert newest.path == str(tmp_path / view.id / "1" / "step-1")
    with pytest.raises(Conflict, match="on shared storage, at "):
        fleet.client.checkpoint_files(view.id)
    again = fleet.run("run", "--resume-from", view.id, "--no-upload", "--", "python", "-c", TRAIN, "9", "9")
    assert "begins with 1 1.0" in again.stdout
