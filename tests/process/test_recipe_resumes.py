"""The digits recipe, killed and paused while it trains over two nodes, draws the curve of an undisturbed run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import CheckpointFile, JobFile, ResourcesFile


def submit(fleet: Fleet) -> str:
    params: dict[str, str | int | float | bool] = {"epochs": 60, "width": 8}
    policy = CheckpointFile(every=0.2)
    resources = ResourcesFile(nodes=2, slots=1)
    return fleet.client.submit(JobFile(recipe="digits", params=params, resources=resources, checkpoint=policy)).id


def points(fleet: Fleet, job: str, rank: int) -> list[tuple[int, float]]:
    """Steps with their losses, in the order of time: those after a checkpoint may have been made twice."""
    lines = fleet.client.metrics(job, name="loss", rank=rank, points=10_000)
    (series,) = [each for each in lines if each.source == "sdk"]
    assert series.count == len(series.points), "the curve is thinned"
    return [(step, value or 0.0) for step, _, value in sorted(series.points, key=lambda point: point[1])]


def curve(fleet: Fleet, job: str, rank: int) -> dict[int, float]:
    """The loss by step; of a step that was made twice, the later."""
    return dict(points(fleet, job, rank))


def rank_of(fleet: Fleet, job: str) -> int:
    """A process of the job's rank 1."""
    marks = {b"RANK=1", f"TENSORFLEET_JOB_ID={job}".encode()}
    return next(pid for pid in fleet.tasks() if marks <= set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")))


def saves(fleet: Fleet, job: str) -> int:
    return sum(event.kind == "checkpoint.saved" for event in fleet.client.events(job))


def test_the_curve_is_that_of_an_undisturbed_run_to_the_bit(fleet: Fleet) -> None:
    calm = submit(fleet)
    assert fleet.finished(calm, 100).state == "succeeded"
    job = submit(fleet)
    wait_for(lambda: saves(fleet, job) > 1, "it saves", 60)
    os.kill(rank_of(fleet, job), signal.SIGKILL)
    wait_for(lambda: fleet.client.job(job).attempt == 2 and fleet.client.job(job).state == "running", "it is back", 60)
    before = saves(fleet, job)
    wait_for(lambda: saves(fleet, job) > before, "it saves again", 60)
    fleet.client.pause(job)
    wait_for(lambda: fleet.client.job(job).state == "paused", "it is paused", 60)
    newest = fleet.client.checkpoints(job)[0]
    assert newest.attempt == 2
    # The attempt before may have come further than this one.
    assert points(fleet, job, 0)[-1][0] - newest.step <= 1, "a pause loses a step at most"
    fleet.client.resume_job(job)
    done = fleet.finished(job, 100)
    assert (done.state, done.attempt) == ("succeeded", 3)
    for rank in (0, 1):
        undisturbed = curve(fleet, calm, rank)
        assert len(undisturbed) > 1000
        assert curve(fleet, job, rank) == undisturbed
