"""A program that knows nothing of us renames a directory into place, and its next attempt finds it wherever it runs."""

from __future__ import annotations

import sys
from pathlib import Path

from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import CheckpointFile

SAVE_AND_DIE = """\
import os, pathlib, signal, sys
given = os.environ.get("TENSORFLEET_RESUME_FROM")
print("from", given and sorted((p.name, p.read_text()) for p in pathlib.Path(given).iterdir()), flush=True)
if given:
    sys.exit()
place = pathlib.Path(os.environ["TENSORFLEET_CHECKPOINT_DIR"])
for step in (1, 2):
    (place / ".new").mkdir()
    (place / ".new" / "weights.txt").write_text(f"weights {step}")
    (place / ".new").rename(place / f"step-{step}")
(place / "step-3.partial").mkdir()
os.kill(os.getpid(), signal.SIGKILL)
"""


def events(fleet: Fleet, job: str) -> list[str]:
    return [event.kind for event in fleet.client.events(job) if event.kind.startswith("checkpoint.")]


def test_a_killed_attempt_is_gone_on_from_on_the_same_node(fleet: Fleet) -> None:
    job = fleet.submit(sys.executable, "-c", SAVE_AND_DIE, slots=1)
    done = fleet.finished(job.id)
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert fleet.lines(job.id) == ["from None", "from [('weights.txt', 'weights 2')]"]
    assert events(fleet, job.id) == ["checkpoint.saved", "checkpoint.saved"]


def test_a_paused_attempt_is_gone_on_from_on_another_node(fleet: Fleet) -> None:
    script = SAVE_AND_DIE.replace("os.kill(os.getpid(), signal.SIGKILL)", "signal.pause()")
    job = fleet.submit(sys.executable, "-c", script, slots=1)
    wait_for(lambda: len(events(fleet, job.id)) == 2, "both are saved")
    node = fleet.client.job(job.id).shares[0].node
    fleet.client.pause(job.id)
    wait_for(lambda: fleet.client.job(job.id).state == "paused", "it is paused")
    fleet.client.drain(node)
    fleet.client.resume_job(job.id)
    done = fleet.finished(job.id)
    fleet.client.resume(node)
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert done.shares[0].node != node
    assert fleet.lines(job.id)[-1] == "from [('weights.txt', 'weights 2')]"


def test_what_the_job_no_longer_keeps_is_cleared_from_the_node(fleet: Fleet) -> None:
    script = SAVE_AND_DIE.replace("os.kill(os.getpid(), signal.SIGKILL)", "signal.pause()")
    job = fleet.submit(sys.executable, "-c", script, slots=1, checkpoint=CheckpointFile(keep=1))
    (share,) = fleet.running(job.id).shares
    folder = fleet.root / f"agent-{share.node}" / "checkpoints" / job.id / "1"
    wait_for(lambda: len(events(fleet, job.id)) == 2, "both are saved")
    wait_for(lambda: not (folder / "step-1").exists(), "the older is cleared away")
    assert (folder / "step-2" / "weights.txt").read_text() == "weights 2"
    assert (folder / "step-3.partial").is_dir(), "what is being written is nobody else's business"
    fleet.client.kill(job.id)
    fleet.finished(job.id)


def test_on_shared_storage_the_files_stay_where_they_are(fleet: Fleet, tmp_path: Path) -> None:
    job = fleet.submit(sys.executable, "-c", SAVE_AND_DIE, slots=1, checkpoint=CheckpointFile(dir=str(tmp_path)))
    assert fleet.finished(job.id).state == "succeeded"
    assert fleet.lines(job.id)[-1] == "from [('weights.txt', 'weights 2')]"
    assert (tmp_path / job.id / "1" / "step-2" / "weights.txt").read_text() == "weights 2"


SDK_ON_SHARED = """\
import os, signal, torch, tensorfleet
run = tensorfleet.init()
state = {"weights": torch.zeros(10)}
found = run.checkpoint.load(state)
for step in range(found.step + 1 if found else 0, 4):
    run.checkpoint.save(state, step, wait=True)
    if step == 1 and run.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_on_shared_storage_what_is_not_kept_of_earlier_attempts_goes_too(fleet: Fleet, tmp_path: Path) -> None:
    policy = CheckpointFile(dir=str(tmp_path), keep=1)
    job = fleet.submit(sys.executable, "-c", SDK_ON_SHARED, slots=1, checkpoint=policy)
    done = fleet.finished(job.id, 60)
    assert (done.state, done.attempt) == ("succeeded", 2)
    wait_for(lambda: not list((tmp_path / job.id / "1").iterdir()), "the first attempt's are cleared away")
    assert [each.step for each in fleet.client.checkpoints(job.id)] == [3]
    assert [path.name for path in (tmp_path / job.id / "2").iterdir()] == ["step-3"]
