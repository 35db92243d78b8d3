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


def test_on_shared_storage_the_files_stay_where_they_are(fleet: Fleet, tmp_path: Path) -> None:
    job = fleet.submit(sys.executable, "-c", SAVE_AND_DIE, slots=1, checkpoint=CheckpointFile(dir=str(tmp_path)))
    assert fleet.finished(job.id).state == "succeeded"
    assert fleet.lines(job.id)[-1] == "from [('weights.txt', 'weights 2')]"
    assert (tmp_path / job.id / "1" / "step-2" / "weights.txt").read_text() == "weights 2"
