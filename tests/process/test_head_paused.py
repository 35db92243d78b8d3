"""Row 26: the head is stopped for longer than a lease and goes on, as after a suspend. Nobody is blamed for it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for

PAUSE = 13.0
"""Seconds; silence is a verdict after 10.3."""


def test_a_head_that_was_stopped_moves_no_job_when_it_goes_on(fleet: Fleet, tmp_path: Path) -> None:
    pause(fleet, tmp_path, PAUSE)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_head_that_was_stopped_for_minutes_moves_no_job(fleet: Fleet, tmp_path: Path) -> None:
    pause(fleet, tmp_path, float(os.environ.get("TENSORFLEET_HEAD_PAUSED", "150")))


def pause(fleet: Fleet, tmp_path: Path, seconds: float) -> None:
    end = tmp_path / "end"
    job = fleet.submit("sh", "-c", f"i=0; until [ -e {end} ]; do echo $i; i=$((i+1)); sleep 0.05; done").id
    wait_for(lambda: fleet.lines(job), "it writes")
    head = fleet.processes["head"].pid
    os.kill(head, signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        second = fleet.run("head", "--data-dir", str(fleet.data), "--http-port", "0", "--rpc-port", "0", "--no-mdns")
        assert second.returncode == 1, "nobody takes over what is only stopped"
        wait_for(lambda: time.monotonic() > stopped + seconds, "the head stays stopped", seconds + 5)
    finally:
        os.kill(head, signal.SIGCONT)
    went_on = time.monotonic()
    wait_for(lambda: fleet.client.job(job).reachable, "what is shown is true again")
    before = len(fleet.lines(job))
    wait_for(lambda: len(fleet.lines(job)) > before, "its lines come again")
    took = time.monotonic() - went_on
    end.touch()
    done = fleet.finished(job)
    assert (done.state, done.attempt) == ("succeeded", 1)
    assert not [event for event in fleet.client.events(job) if event.kind == "job.recovering"]
    lines = fleet.lines(job)
    assert lines == [str(number) for number in range(len(lines))]
    print(f"head stopped for {seconds:.0f} s: no job moved, true again {took:.1f} s after it went on")
    assert took < 10
