"""Two ranks on two nodes without common storage: each brings its part, and either goes on from both parts together."""

from __future__ import annotations

import sys
from pathlib import Path

from process.fleet import Fleet
from tensorfleet.wire.jobfile import CheckpointFile

SCRIPT = str(Path(__file__).parents[1] / "scripts" / "steady.py")


def losses(fleet: Fleet, job: str) -> dict[int, str]:
    """The loss of each step, as the last attempt that made it printed it."""
    lines = [line.split() for line in fleet.lines(job, rank=0) if line.startswith("step ")]
    return {int(words[1]): words[3] for words in lines}


def test_a_killed_rank_costs_no_step_and_the_curve_is_that_of_an_undisturbed_run(fleet: Fleet) -> None:
    calm = fleet.submit(sys.executable, SCRIPT, "8", nodes=2, slots=1)
    job = fleet.submit(sys.executable, SCRIPT, "8", "4", nodes=2, slots=1, checkpoint=CheckpointFile(keep=2))
    done = fleet.finished(job.id, 60)
    assert (done.state, done.attempt) == ("succeeded", 2), fleet.lines(job.id)
    starts = [int(line.split()[1]) for line in fleet.lines(job.id, rank=0) if line.startswith("start")]
    assert starts == [0, 5]
    assert fleet.finished(calm.id, 60).state == "succeeded"
    assert losses(fleet, job.id) == losses(fleet, calm.id)
    assert len(losses(fleet, job.id)) == 8
