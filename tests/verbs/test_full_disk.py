"""A disk that takes no more, under a head, an agent, a job: each says so, and everything else goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for

FREE = 8 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={FREE}", "tmpfs", str(place)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"a file system of a test's own takes root: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    file = disk / "fill"
    with open(file, "wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            return file


def test_neither_head_nor_agent_starts_there_and_both_say_why(tmp_path: Path, small: Path, fleet: Fleet) -> None:
    fill(small)
    ports = ("--http-port", "0", "--rpc-port", "0")
    head = fleet.run("head", "--data-dir", str(small / "head"), "--host", "127.0.0.1", "--no-mdns", *ports)
    reached = ("--head", f"127.0.0.1:{fleet.about['rpc_port']}", "--join", f"@{fleet.data / 'join.token'}")
    agent = fleet.run("agent", *reached, "--data-dir", str(small / "agent"), "--name", "nowhere")
    for done in (head, agent):
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
        assert "full" in done.stderr or "No space left on device" in done.stderr
        assert "hint: Free some space" in done.stderr
        assert len(done.stderr.splitlines()) == 2


def test_a_job_that_fills_it_fails_with_that_cause_and_the_node_goes_on(tmp_path: Path, small: Path) -> None:
    (tmp_path / "agent-tiny").symlink_to(small)
    work = tmp_path / "work"
    work.mkdir()
    (work / "data.bin").write_bytes(os.urandom(FREE + 1))
    outputs = "import os; open(os.environ['TENSORFLEET_OUTPUT_DIR'] + '/x', 'wb').write(bytes(20_000_000))"
    lines = "import sys\nfor _ in range(5000): print('x' * 4000)\nsys.exit(1)"
    with Fleet(tmp_path) as fleet:
        fleet.agent("tiny", "--slots", "1", "--no-warm")
        for command, workdir in ((["python", "-c", outputs], None), (["python", "-c", lines], None), (["true"], work)):
            over = fleet.finished(fleet.client.run(command, workdir=workdir, slots=1).id)
            assert over.state == "failed"
            assert over.cause is not None
            assert over.cause.text.startswith("Node tiny could not run its share: its disk is full")
            assert over.cause.by == "infra"
            assert fleet.processes["tiny"].poll() is None
        assert fleet.finished(fleet.submit("true").id).state == "succeeded"


def test_a_node_whose_disk_is_full_gets_no_new_work_until_there_is_room(tmp_path: Path, small: Path) -> None:
    (tmp_path / "agent-tiny").symlink_to(small)
    with Fleet(tmp_path) as fleet:
        fleet.agent("tiny", "--slots", "1", "--no-warm")
        file = fill(small)
        wait_for(lambda: fleet.client.workers()[0].disk == "full", "it is seen", 5)
        assert "online, disk full" in fleet.run("nodes").stdout
        job = fleet.submit("true").id
        assert fleet.client.job(job).state == "queued"
        assert "tensorfleet nodes" in fleet.run("why", job).stdout
        file.unlink()
        assert fleet.finished(job).state == "succeeded"
        kinds = [event.kind for event in fleet.client.events()]
        assert kinds.count("node.disk_full") == kinds.count("node.disk_ok") == 1


def test_a_head_on_it_refuses_new_jobs_and_the_running_one_ends_well(tmp_path: Path, small: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.data = small / "head"
    with fleet:
        fleet.agent("a", "--slots", "2", "--no-warm")
        gate = tmp_path / "go"
        waits = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)\nprint('over')"
        job = fleet.submit("python3", "-c", waits).id
        fleet.running(job)
        file = fill(small)
        wait_for(lambda: fleet.client.health().disk == "full", "it is seen")
        refused = fleet.run("run", "--no-upload", "--", "true")
        assert refused.returncode == 1
        assert "full" in refused.stderr
        assert fleet.run("ps").returncode == 0
        gate.touch()
        wait_for(lambda: not list(fleet.tasks()), "the job's ranks are over")
        assert fleet.processes["head"].poll() is None
        file.unlink()
        assert fleet.finished(job).state == "succeeded"
        assert fleet.lines(job) == ["over"]
        assert fleet.run("run", "--no-upload", "--", "true").returncode == 0
