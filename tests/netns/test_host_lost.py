"""Row 6: a machine loses its power in the middle of a checkpointed training. The gang goes on elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hosted import wait_for
from lab import Lab
from spread import Spread

SCRIPT = str(Path(__file__).parents[1] / "scripts" / "steady.py")


def test_a_gang_goes_on_elsewhere_within_25_seconds(tmp_path: Path) -> None:
    with Lab(4) as lab:
        fleet = Spread(lab, tmp_path, warm=True)
        job = fleet.submit(sys.executable, SCRIPT, "1000000", nodes=2).id
        wait_for(lambda: len(fleet.events("checkpoint.saved", job=job)) > 3, "it saves", 60)
        victim = fleet.job(job).shares[1].node
        lost = time.time()
        fleet.hosts[victim].die()
        fleet.reaches(job, "running", 2)
        wait_for(lambda: _steps(fleet, job, lost + 5), "it steps again")
        (declared,) = fleet.events("node.unreachable", node=victim)
        (moved,) = fleet.events("job.recovering", job=job)
        at, step = _steps(fleet, job, moved.at)[0]
        saved = [int(event.data["step"]) for event in fleet.events("checkpoint.saved", job=job) if event.at < moved.at]
        assert step == saved[-1] + 1, "from the last checkpoint that both had brought"
        view = fleet.job(job)
        assert victim not in {share.node for share in view.shares}
        assert declared.at - lost <= 10.4 + 2
        assert moved.at - lost <= 10.4 + 2
        print(
            f"host lost: seen after {declared.at - lost:.1f} s, given up after {moved.at - lost:.1f} s,"
            f" first step elsewhere after {at - lost:.1f} s, from step {step}"
        )
        assert at - lost < 25
        fleet.ask(lambda client: client.kill(job))
        fleet.reaches(job, "cancelled", 2)


def _steps(fleet: Spread, job: str, after: float) -> list[tuple[float, int]]:
    lines = [line for line in fleet.lines(job) if line.text.startswith("step ") and line.at > after]
    return [(line.at, int(line.text.split()[1])) for line in lines]
