"""A head whose disk takes its time: commits wait, heartbeats do not, and nobody is declared lost for it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from process.fleet import Fleet
from soak.heartbeats import beat, quantile

SYNC = 0.06
"""Seconds an fsync takes: what 20 writes a second were measured to cost."""

BOUND = 0.5
"""Seconds for a heartbeat, at the 99th percentile."""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    library = tmp_path_factory.mktemp("slow") / "slow_fsync.so"
    source = Path(__file__).with_name("slow_fsync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_FSYNC_MS": str(int(SYNC * 1000))}


def test_heartbeats_do_not_wait_for_the_disk(tmp_path: Path, slow: dict[str, str]) -> None:
    with Fleet(tmp_path, slow) as fleet:
        fleet.agent("a", "--slots", "4", "--no-warm")
        over = threading.Event()
        beats: list[float] = []
        beating = threading.Thread(
            target=lambda: beats.extend(asyncio.run(beat(fleet, tmp_path / "beating", over))), daemon=True
        )
        beating.start()
        jobs = [fleet.submit("sh", "-c", "for i in 1 2 3 4 5; do echo $i; done").id for _ in range(40)]
        states = {fleet.finished(job, 60).state for job in jobs}
        over.set()
        beating.join(10)
        p99 = quantile(beats, 0.99)
        kinds = {event.kind for event in fleet.client.events()}
        print(f"{len(beats)} heartbeats, p99 {p99} s while every fsync takes {SYNC:g} s")
        assert states == {"succeeded"}
        assert len(beats) > 20
        assert p99 is not None
        assert p99 < BOUND
        assert not kinds & {"node.unreachable", "node.offline", "fleet.cut"}
