"""`ps`, `show`, `why`, `logs`, `metrics`, `artifacts`, `events`: looking at jobs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from process.fleet import COMMAND, Fleet


@pytest.fixture(scope="module")
def job(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job of two ranks on two nodes that is over, and left lines, numbers and files."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "all.py").write_text(
        "import os\n"
        "for step in range(40):\n    print(f'step={step} loss={1 / (step + 1):.4f}', flush=True)\n"
        "out = os.environ['TENSORFLEET_OUTPUT_DIR']\nos.makedirs(out + '/deep', exist_ok=True)\n"
        "open(out + '/model.bin', 'wb').write(bytes(range(256)) * 10000)\n"
        "open(out + '/deep/note.txt', 'w').write('note of ' + os.environ['RANK'])\n"
    )
    view = fleet.client.run(["python", "all.py"], workdir=folder, name="whole", nodes=2, slots=1)
    assert fleet.finished(view.id).state == "succeeded"
    return view.id


def test_ps(fleet: Fleet, job: str) -> None:
    assert job not in fleet.run("ps").stdout
    listed = fleet.run("ps", "--all").stdout
    row = next(line for line in listed.splitlines() if line.startswith(job))
    assert row.split()[1:3] == ["whole", "succeeded"]
    jobs = json.loads(fleet.run("ps", "--state", "succeeded", "--json", "-n", "1000").stdout)
    assert job in [each["id"] for each in jobs]


def test_show_by_name_and_as_a_document(fleet: Fleet, job: str) -> None:
    shown = fleet.run("show", "whole").stdout
    assert f"job        {job}  whole" in shown
    assert "python all.py" in shown
    assert json.loads(fleet.run("show", job, "--json").stdout)["id"] == job


def test_what_is_not_there(fleet: Fleet) -> None:
    for args in (["show", "nothing"], ["logs", "nothing"], ["stop", "nothing"], ["artifacts", "get", "nothing"]):
        done = fleet.run(*args)
        assert done.returncode == 5, args
        assert done.stderr.startswith("error: ")


def test_why(fleet: Fleet, job: str) -> None:
    assert fleet.run("why", job).stdout.startswith("succeeded: ")
    jobs = [fleet.client.run(["sleep", "600"], workdir=None, slots=8) for _ in range(2)]
    said = fleet.run("why", jobs[1].id)
    assert said.stdout.startswith("queued, number 1 in the queue: Asks for 8 slots"), said.stdout + said.stderr
    for waiting in reversed(jobs):
        fleet.client.kill(waiting.id)


def test_logs(fleet: Fleet, job: str) -> None:
    assert len(fleet.run("logs", job).stdout.splitlines()) == 80
    one = fleet.run("logs", job, "--rank", "1", "--tail", "2").stdout
    assert one == "step=38 loss=0.0256\nstep=39 loss=0.0250\n"
    followed = fleet.run("logs", job, "-f", "--rank", "0").stdout.splitlines()
    assert [line.split()[0] for line in followed] == [f"step={n}" for n in range(40)]
    assert fleet.run("logs", job, "--since", "0s").stdout == ""
    assert fleet.run("logs", job, "--since", "soon").returncode == 2
    record = json.loads(fleet.run("logs", job, "--json", "--tail", "1").stdout)
    assert set(record) == {"rank", "at", "text", "partial", "cursor"}


def test_metrics(fleet: Fleet, job: str) -> None:
    drawn = fleet.run("metrics", job).stdout
    assert "loss  0.025 at step 39  ranks 0, 1" in drawn
    assert "⠀" in drawn
    curves = json.loads(fleet.run("metrics", job, "--name", "loss", "--rank", "0", "--json").stdout)
    assert [len(curve["points"]) for curve in curves] == [40]
    live = fleet.run("metrics", job, "-f", "--name", "loss", "--rank", "0", "--json").stdout.splitlines()
    assert len(live) == 41
    assert json.loads(live[-1])["state"] == "succeeded"


def test_artifacts(fleet: Fleet, job: str, tmp_path: Path) -> None:
    listed = json.loads(fleet.run("artifacts", "list", job, "--json").stdout)
    assert {(each["path"], each["node_rank"]) for each in listed} == {
        (path, node) for path in ("model.bin", "deep/note.txt") for node in (0, 1)
    }
    done = fleet.run("artifacts", "get", job, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "whole" / "model.bin").read_bytes() == bytes(range(256)) * 10000
    assert (tmp_path / "whole" / "deep" / "note.txt").read_text() == "note of 0"
    assert (tmp_path / "whole" / "node-1" / "deep" / "note.txt").read_text() == "note of 1"
    fleet.run("artifacts", "get", job, "deep", "-o", "some", cwd=tmp_path)
    assert sorted(path.name for path in (tmp_path / "some").rglob("*") if path.is_file()) == ["note.txt", "note.txt"]
    missing = fleet.run("artifacts", "get", job, "no.bin", cwd=tmp_path)
    assert (missing.returncode, missing.stdout) == (5, "")


def test_an_artifact_is_not_written_through_a_link(fleet: Fleet, job: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "deep").symlink_to(tmp_path / "elsewhere")
    done = fleet.run("artifacts", "get", job, "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert not list((tmp_path / "elsewhere").iterdir())


def test_events(fleet: Fleet, job: str) -> None:
    told = fleet.run("events", job).stdout.splitlines()
    assert [line.split()[1] for line in told] == ["job.queued", "job.starting", "job.running", "job.succeeded"]
    everything = fleet.run("events", "-n", "3", "--json").stdout.splitlines()
    assert len(everything) == 3
    ids = [json.loads(line)["id"] for line in everything]
    assert ids == sorted(ids)


def test_events_follow_until_ctrl_c(fleet: Fleet) -> None:
    listening = subprocess.Popen(
        [COMMAND, "events", "-f", "-n", "1", "--json"], env=fleet.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert listening.stdout is not None
        listening.stdout.readline()
        view = fleet.client.run("true", workdir=None)
        kinds = []
        while "job.succeeded" not in kinds:
            event = json.loads(listening.stdout.readline())
            if event["job"] == view.id:
                kinds.append(event["kind"])
        assert kinds == ["job.queued", "job.starting", "job.running", "job.succeeded"]
    finally:
        listening.terminate()
        listening.communicate()
