"""GPUs that are used by somebody else, dirty or sick are shown with who and what, and are not handed out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import JobFile, ResourcesFile
from tensorfleet.wire.rest import GpuView

SEEN = 5.0
"""Seconds within which a foreign process is to be seen."""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(tmp_path) as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--fake-gpus", "1", "--no-warm")
        yield fleet


def trouble(fleet: Fleet, node: str, what: dict[str, object]) -> None:
    file = fleet.root / f"agent-{node}" / "fake-gpus.json"
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"0": what}))
    new.rename(file)


def gpu(fleet: Fleet, node: str) -> GpuView:
    return next(worker.gpus[0] for worker in fleet.client.workers() if worker.name == node)


def submit(fleet: Fleet, command: str, gpus: int = 1) -> str:
    return fleet.client.submit(JobFile(run=command, resources=ResourcesFile(gpus=gpus))).id


def test_a_foreign_process_is_seen_soon_and_avoided(fleet: Fleet) -> None:
    began = time.monotonic()
    trouble(fleet, "a", {"processes": [{"pid": 1, "memory": 9 * 10**9, "user": "eve", "command": "python steal.py"}]})
    wait_for(lambda: gpu(fleet, "a").state == "foreign", "it is seen", SEEN)
    print(f"seen after {time.monotonic() - began:.1f} s")
    assert gpu(fleet, "a").note == "pid 1 of eve (python steal.py) holds 9.0 GB."
    assert "steal.py" in fleet.run("nodes", "--gpus").stdout
    assert fleet.finished(submit(fleet, "true")).shares[0].node == "b"
    both = submit(fleet, "true", gpus=2)
    assert "free are 1" in fleet.run("why", both).stdout
    trouble(fleet, "a", {})
    assert fleet.finished(both).state == "succeeded"
    kinds = [event.kind for event in fleet.client.events()]
    assert kinds.count("gpu.foreign") == 1
    assert kinds.count("gpu.free") == 1


def test_a_job_whose_gpu_goes_sick_is_tried_again_on_another(fleet: Fleet) -> None:
    gate = fleet.root / "gate"
    job = submit(fleet, f"[ $TENSORFLEET_ATTEMPT = 2 ] && exit 0; while [ ! -e {gate} ]; do sleep 0.05; done; exit 1")
    first = fleet.running(job).shares[0].node
    trouble(fleet, first, {"xids": [{"code": 79, "message": "GPU has fallen off the bus"}]})
    gate.touch()
    done = fleet.finished(job)
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert done.shares[0].node != first
    assert "Xid 79" in done.history[0].cause
    trouble(fleet, first, {})
    fleet.end(first)
    fleet.agent(first)
    assert gpu(fleet, first).state == "sick", "it is not trusted again by itself, nor by a restart"


def test_a_sick_gpu_is_used_again_after_a_test_that_it_passes(fleet: Fleet) -> None:
    assert fleet.run("node", "test", "a").returncode != 0, "nothing is sick"
    trouble(fleet, "a", {"xids": [{"code": 79}]})
    wait_for(lambda: gpu(fleet, "a").state == "sick", "it is sick")
    assert "a tests its sick GPUs" in fleet.run("node", "test", "a").stdout
    wait_for(lambda: any(event.kind == "gpu.failed" for event in fleet.client.events()), "it still reports errors")
    assert gpu(fleet, "a").state == "sick"
    trouble(fleet, "a", {})
    fleet.run("node", "test", "a")
    wait_for(lambda: gpu(fleet, "a").state == "free", "it passes")
    told = {event.kind: event.text for event in fleet.client.events()}
    assert "Xid 79" in told["gpu.failed"]
    assert "nothing was computed" in told["gpu.passed"]
    assert fleet.finished(submit(fleet, "true", gpus=2)).state == "succeeded"
