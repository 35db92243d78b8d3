"""Row 3: kill -9 of a shim under one share of a gang. Nothing is left half-alive, and the job is tried again."""

from __future__ import annotations

import json
import os
import signal
import time

from process.fleet import Fleet, wait_for

SCRIPT = "sleep 1000 & echo up; wait"


def test_a_killed_shim_costs_one_attempt_and_leaves_no_process(fleet: Fleet) -> None:
    job = fleet.submit("sh", "-c", SCRIPT, nodes=2, slots=1).id
    fleet.running(job)
    wait_for(lambda: len(fleet.lines(job)) == 2, "both ranks are up")
    family = set(fleet.tasks())
    node = fleet.client.job(job).shares[1].node
    (record,) = fleet.root.glob(f"agent-{node}/runs/{job}.1.1/shim.json")
    killed = time.time()
    os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
    wait_for(lambda: fleet.client.job(job).attempt == 2, "it is tried again", 10)
    wait_for(lambda: not family & set(fleet.tasks()), "nothing of the first attempt is left", 5)
    gone = time.time() - killed
    fleet.running(job)
    (told,) = [event for event in fleet.client.events(job) if event.kind == "job.recovering"]
    fleet.client.kill(job)
    fleet.finished(job)
    assert "shim is lost" in told.text
    assert node in told.text
    print(f"shim: told after {told.at - killed:.2f} s, {len(family)} processes gone within {gone:.2f} s")
    assert told.at - killed < 5
    assert gone < 5
