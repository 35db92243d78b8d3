"""Row 2: an agent that dies and comes back takes its ranks up as they are, soon, and without a gap in their lines."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for

RETURN = 3.0
SCRIPT = 'i=0; while [ ! -e "{end}" ]; do echo $i; i=$((i+1)); sleep 0.01; done'


def test_an_agent_that_is_killed_again_and_again_is_not_noticed_by_its_job(tmp_path: Path) -> None:
    kill(tmp_path, 4)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_an_agent_that_is_killed_very_often_is_not_noticed_by_its_job(tmp_path: Path) -> None:
    kill(tmp_path, int(os.environ.get("TENSORFLEET_AGENT_KILLS", "100")))


def shells_of(fleet: Fleet) -> set[int]:
    found = set()
    for pid in fleet.tasks():
        with suppress(OSError):  # it has ended since
            if b"sh\0-c" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def kill(root: Path, times: int) -> None:
    with Fleet(root) as fleet:
        fleet.agent("a", "--slots", "2", "--no-warm")
        job = fleet.submit("sh", "-c", SCRIPT.format(end=root / "end"), slots=2).id
        fleet.running(job)
        wait_for(lambda: fleet.lines(job, 0) and fleet.lines(job, 1), "both ranks write")
        # Looked at twice: a shell that is about to become a `sleep` looks like its parent for a moment.
        shells = shells_of(fleet) & shells_of(fleet)
        assert len(shells) == 2
        took = []
        for _ in range(times):
            fleet.end("a", signal.SIGKILL)
            wait_for(lambda: not fleet.client.job(job).reachable, "the head sees it")
            before = len(fleet.lines(job, 0))
            began = time.monotonic()
            fleet.agent("a")
            wait_for(lambda: fleet.client.job(job).reachable, "its job is shown as running again")
            wait_for(lambda: len(fleet.lines(job, 0)) > before, "its lines come again")  # noqa: B023
            took.append(time.monotonic() - began)
        assert shells <= set(fleet.tasks()), "the very same ranks"
        (root / "end").touch()
        done = fleet.finished(job)
        assert (done.state, done.attempt) == ("succeeded", 1)
        for rank in range(2):
            lines = fleet.lines(job, rank)
            assert lines == [str(number) for number in range(len(lines))]
        print(f"agent: {times} kills, back with its ranks and their lines after {max(took):.2f} s at most")
        assert max(took) < 2 * RETURN
