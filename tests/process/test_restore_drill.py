"""The restore drill: a head is backed up while it works, its directory is lost, and the fleet goes on from the file."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

from process.fleet import Fleet, wait_for
from tensorfleet.client import Client


def test_a_lost_head_is_made_again_and_its_agents_come_back(fleet: Fleet, tmp_path: Path) -> None:
    script = "echo out > $TENSORFLEET_OUTPUT_DIR/kept.txt"
    done = fleet.finished(fleet.submit("sh", "-c", script, slots=1).id)
    assert done.state == "succeeded"
    end = tmp_path / "end"
    going = fleet.submit("sh", "-c", f"until [ -e {end} ]; do sleep 0.1; done", slots=1).id
    fleet.running(going)
    member = fleet.client.create_key("ann", "vision").key
    events = [event.id for event in fleet.client.events()]

    file = tmp_path / "fleet.backup"
    made = fleet.run("backup", str(file), "--with-objects", "--json")
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    again = fleet.run("backup", str(file))
    assert again.returncode == 2
    assert "never overwritten" in again.stderr
    denied = fleet.run("backup", str(tmp_path / "stolen"), "--url", fleet.url, "--api-key", member)
    assert denied.returncode == 4
    assert not (tmp_path / "stolen").exists()
    running = fleet.run("backup", str(tmp_path / "offline"), "--data-dir", str(fleet.data))
    assert "already runs" in running.stderr

    fleet.end("head", signal.SIGKILL)
    shutil.rmtree(fleet.data)
    restored = fleet.run("restore", str(file), "--data-dir", str(fleet.data), "--json")
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["jobs"] == 2
    assert {path.name: path.stat().st_mode & 0o777 for path in fleet.data.glob("*.key")} == {
        "ca.key": 0o600,
        "server.key": 0o600,
        "admin.key": 0o600,
    }
    twice = fleet.run("restore", str(file), "--data-dir", str(fleet.data))
    assert twice.returncode == 2
    assert "is not empty" in twice.stderr

    fleet.start_head()
    wait_for(lambda: {fleet.state_of(name) for name in ("a", "b")} == {"online"}, "the agents are back")
    assert fleet.client.job(done.id).state == "succeeded"
    assert [artifact.path for artifact in fleet.client.artifacts(done.id)] == ["kept.txt"]
    wait_for(lambda: fleet.client.job(going).state == "running" and fleet.client.job(going).reachable, "it runs on")
    assert Client(fleet.url, member or "").me().user == "ann"
    assert [event.id for event in fleet.client.events()][: len(events)] == events
    end.touch()
    assert fleet.finished(going).attempt == 1


def test_a_damaged_backup_writes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    fleet.end("head")
    file, target = tmp_path / "fleet.backup", tmp_path / "new"
    made = fleet.run("backup", str(file), "--data-dir", str(fleet.data))
    assert made.returncode == 0, made.stderr
    good = file.read_bytes()
    for damaged in (good[: len(good) // 2], good[:9000] + b"?" + good[9001:], b"", b"hello"):
        file.write_bytes(damaged)
        refused = fleet.run("restore", str(file), "--data-dir", str(target))
        assert refused.returncode == 1, refused.stderr
        assert "no whole backup" in refused.stderr
        assert not target.exists()
    file.write_bytes(good)
    assert fleet.run("restore", str(file), "--data-dir", str(target)).returncode == 0
