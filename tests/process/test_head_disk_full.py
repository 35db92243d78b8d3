"""Row 10: the head's disk fills up under a running job. New work is refused, told early, and the job's end is kept."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.errors import StoreFull

SIZE = 64 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """The head's data directory on a disk of its own."""
    place = tmp_path / "head"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"a file system of a test's own takes root: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """Takes all but `leave` bytes of what is free."""
    free = os.statvfs(disk)
    file = disk / f"ballast-{leave}"
    with open(file, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, max(4096, free.f_bavail * free.f_frsize - leave))
    return file


def test_a_head_whose_disk_fills_up_refuses_new_work_and_ends_what_runs(tmp_path: Path, small: Path) -> None:
    end = tmp_path / "end"
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "2", "--no-warm")
        assert fleet.client.health().disk == "ok"
        assert (small / "reserve").stat().st_size == SIZE // 16
        going = fleet.submit("sh", "-c", f"until [ -e {end} ]; do sleep 0.1; done").id
        fleet.running(going)
        ballast = [fill(small, 5 << 20)]
        wait_for(lambda: fleet.client.health().disk == "low", "it warns early")
        fleet.client.stop(fleet.submit("sleep", "100").id)
        ballast.append(fill(small, 0))
        wait_for(lambda: fleet.client.health().disk == "full", "it is seen")
        with pytest.raises(StoreFull, match="full; what is left of it is for jobs that run"):
            fleet.submit("true")
        told = {"head.disk_low", "head.disk_full"}
        wait_for(lambda: {event.kind for event in fleet.client.events()} >= told, "people are told")
        assert fleet.state_of("a") == "online"
        end.touch()
        assert fleet.finished(going).state == "succeeded"
        assert fleet.state_of("a") == "online"
        for file in ballast:
            file.unlink()
        wait_for(lambda: fleet.client.health().disk == "ok", "there is room again")
        assert fleet.finished(fleet.submit("true").id).state == "succeeded"
