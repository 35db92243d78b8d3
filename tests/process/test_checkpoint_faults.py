"""What may go wrong with a checkpoint in a fleet: each fault is told, costs no training, and never what was kept."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import CheckpointFile

SAVER = """\
import os, sys, torch, tensorfleet
run = tensorfleet.init()
state = {"weights": torch.zeros(int(sys.argv[1]))}
found = run.checkpoint.load(state)
print("begins", found and found.step, state["weights"][0].item(), flush=True)
for step in range(3):
    if not found:
        state["weights"].fill_(step + 1)
        run.checkpoint.save(state, step, wait=True)
        if step == 0 and len(sys.argv) > 2:
            open(sys.argv[2], "wb").write(bytes(int(sys.argv[3])))
print("trained", flush=True)
"""


def kinds(fleet: Fleet, job: str) -> list[str]:
    return [event.kind for event in fleet.client.events(job) if event.kind.startswith("checkpoint.")]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"a file system of a test's own takes root: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(fleet: Fleet, small: Path) -> None:
    policy = CheckpointFile(dir=str(small))
    filler = [str(small / "filler"), str(18 << 20)]
    job = fleet.submit(sys.executable, "-c", SAVER, str(1_000_000), *filler, slots=1, checkpoint=policy)
    assert fleet.finished(job.id, 60).state == "succeeded"
    assert "trained" in fleet.lines(job.id)
    told = [event.text for event in fleet.client.events(job.id) if event.kind == "checkpoint.failed"]
    assert [text.split(":")[0] for text in told] == [f"The checkpoint of step {n} was not saved" for n in (1, 2)]
    assert all("No space left on device" in text for text in told), told
    assert [each.step for each in fleet.client.checkpoints(job.id)] == [0]
    assert not list((small / job.id / "1").glob("*.partial"))


def test_a_checkpoint_whose_files_the_head_lost_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        stop = "; import os, signal; os.environ['TENSORFLEET_ATTEMPT'] == '1' and os.kill(os.getpid(), signal.SIGSTOP)"
        job = fleet.submit(sys.executable, "-c", SAVER + stop.removeprefix("; "), "1000", slots=1)
        wait_for(lambda: len(fleet.client.checkpoints(job.id)) == 3, "all are kept")
        newest = fleet.client.checkpoint_files(job.id, "2")
        assert newest
        fleet.client.pause(job.id, 0)
        wait_for(lambda: fleet.client.job(job.id).state == "paused", "it is paused")
        fleet.end("a")
        shutil.rmtree(tmp_path / "agent-a" / "checkpoints")  # as on another node
        lose(fleet, job.id, step=2)
        fleet.agent("a")
        fleet.client.resume_job(job.id)
        assert fleet.finished(job.id, 60).state == "succeeded"
        assert "begins 1 2.0" in fleet.lines(job.id)
        assert kinds(fleet, job.id)[-1] == "checkpoint.damaged"


def test_a_copy_that_rots_on_the_node_is_found_out_and_the_one_before_is_taken(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        script = SAVER + "import signal\nfound or signal.pause()\n"
        job = fleet.submit(sys.executable, "-c", script, "1000", slots=1)
        wait_for(lambda: len(fleet.client.checkpoints(job.id)) == 3, "all are kept")
        fleet.client.pause(job.id, 0)
        wait_for(lambda: fleet.client.job(job.id).state == "paused", "it is paused")
        file = tmp_path / "agent-a" / "checkpoints" / job.id / "1" / "step-2" / "__0_0.distcp"
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        fleet.client.resume_job(job.id)
        assert fleet.finished(job.id, 60).state == "succeeded"
        assert "begins 1 2.0" in fleet.lines(job.id)
        (told,) = [event.text for event in fleet.client.events(job.id) if event.kind == "checkpoint.failed"]
        assert told.startswith("The checkpoint of step 2 cannot be used on its node: ")
        assert "is damaged" in told


def lose(fleet: Fleet, job: str, step: int) -> None:
    """Damages, at the head, the file that holds the weights of `step` and is in no other checkpoint."""
    weights = next(file for file in fleet.client.checkpoint_files(job, str(step)) if file.path.endswith(".distcp"))
    target = fleet.root / "weights"
    fleet.client.download_checkpoint_file(job, str(step), weights, target)
    content = target.read_bytes()
    (blob,) = [
        path for path in (fleet.data / "objects").glob("??/*") if path.is_file() and path.read_bytes() == content
    ]
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_an_agent_and_a_head_that_die_meanwhile_lose_none(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        script = SAVER + "import signal; signal.pause()\n"
        job = fleet.submit(sys.executable, "-c", script, "3000000", slots=1)
        folder = tmp_path / "agent-a" / "checkpoints" / job.id / "1"
        wait_for(lambda: (folder / "step-0").is_dir(), "the first is whole")
        fleet.end("a", signal.SIGKILL)
        fleet.end("head", signal.SIGKILL)
        wait_for(lambda: (folder / "step-2").is_dir(), "the rank goes on alone")
        fleet.start_head()
        fleet.agent("a")
        wait_for(lambda: len(fleet.client.checkpoints(job.id)) == 3, "all are kept")
        assert [each.step for each in fleet.client.checkpoints(job.id)] == [2, 1, 0]
        assert kinds(fleet, job.id) == ["checkpoint.saved"] * 3
        fleet.client.kill(job.id)
        fleet.finished(job.id)


def test_a_stale_attempt_cannot_commit(tmp_path: Path) -> None:
    """Its agent is stopped, given up, and comes back with a checkpoint when the next attempt has long begun."""
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        fleet.agent("b", "--slots", "1", "--no-warm")
        script = "import os, time, pathlib\n" + (
            "place = pathlib.Path(os.environ['TENSORFLEET_CHECKPOINT_DIR'])\n"
            "while not pathlib.Path(os.environ['GO']).exists():\n    time.sleep(0.05)\n"
            "(place / '.new').mkdir()\n(place / '.new' / 'by').write_text(os.environ['TENSORFLEET_ATTEMPT'])\n"
            "(place / '.new').rename(place / 'step-7')\n"
            "time.sleep(600)\n"
        )
        go = tmp_path / "go"
        job = fleet.submit(sys.executable, "-c", script, slots=1, env={"GO": str(go)})
        fleet.running(job.id)
        node = fleet.client.job(job.id).shares[0].node
        fleet.processes[node].send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: fleet.client.job(job.id).attempt == 2, "another attempt took over", 100)
            fleet.running(job.id)
            go.touch()  # both attempts save now, under the same step
            wait_for(lambda: len(fleet.client.checkpoints(job.id)) == 1, "the current one counts")
        finally:
            fleet.processes[node].send_signal(signal.SIGCONT)
        wait_for(lambda: "checkpoint.refused" in kinds(fleet, job.id), "the stale one is refused")
        (kept,) = fleet.client.checkpoints(job.id)
        assert (kept.step, kept.attempt) == (7, 2)
        fleet.client.kill(job.id)
        fleet.finished(job.id)
