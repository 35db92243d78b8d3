"""Row 5: the head is away for long. Jobs run, write and end; all that they wrote is there soon after its return."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for

DRAINED = 10.0
"""Seconds after the head's return within which it has every line."""

WRITER = """\
import os, pathlib, time, tensorfleet
run = tensorfleet.init()
count = 0
while not pathlib.Path({end!r}).exists():
    for _ in range(20):
        count += 1
        print(run.rank, count, "x" * 60, flush=count % 20 == 0)
    run.log(loss=1 / count, step=count)
    time.sleep(0.02)
pathlib.Path({count!r} + str(run.rank)).write_text(str(count))
"""


def away(fleet: Fleet, tmp_path: Path, seconds: float) -> None:
    end = tmp_path / "end"
    writer = WRITER.format(end=str(end), count=str(tmp_path / "count-"))
    job = fleet.submit(sys.executable, "-c", writer, nodes=2, slots=1).id
    short = fleet.submit("sh", "-c", f"until [ -e {tmp_path / 'gone'} ]; do sleep 0.1; done; echo ended alone").id
    wait_for(lambda: fleet.lines(job) and fleet.client.metrics(job), "it writes and measures")
    fleet.running(short)
    fleet.end("head", signal.SIGKILL)
    since = time.monotonic()
    (tmp_path / "gone").touch()
    wait_for(lambda: time.monotonic() > since + seconds, "the head stays away", seconds + 5)
    end.touch()
    wait_for(lambda: len(list(tmp_path.glob("count-*"))) == 2, "the ranks ended without a head")
    fleet.start_head()
    back = time.monotonic()
    done = fleet.finished(job, 60)
    assert fleet.finished(short).state == "succeeded"
    took = time.monotonic() - back
    assert fleet.lines(short) == ["ended alone"]
    assert (done.state, done.attempt) == ("succeeded", 1)
    total = 0
    for rank in range(2):
        count = int((tmp_path / f"count-{rank}").read_text())
        seen = [int(line.split()[1]) for line in fleet.lines(job, rank)]
        assert seen == list(range(1, count + 1)), f"rank {rank} has lost lines, or some twice"
        (curve,) = fleet.client.metrics(job, name="loss", rank=rank)
        assert curve.count == count // 20
        total += count
    print(f"head away for {seconds:.0f} s: {total} lines and all points there {took:.1f} s after its return")
    assert took < DRAINED


def test_ten_seconds_without_a_head_lose_no_line_and_no_point(fleet: Fleet, tmp_path: Path) -> None:
    away(fleet, tmp_path, 10)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_ten_minutes_without_a_head_lose_no_line_and_no_point(fleet: Fleet, tmp_path: Path) -> None:
    away(fleet, tmp_path, float(os.environ.get("TENSORFLEET_HEAD_AWAY", "600")))
