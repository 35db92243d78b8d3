"""Row 27: all agents at once are silent. The head takes it for a fault of its own link, says so, and moves no job."""

from __future__ import annotations

import time
from pathlib import Path

from hosted import wait_for
from lab import Lab
from spread import Spread

SCRIPT = str(Path(__file__).parents[1] / "scripts" / "marching.sh")


def test_when_the_heads_own_port_is_cut_no_job_is_moved(tmp_path: Path) -> None:
    with Lab(4) as lab:
        fleet = Spread(lab, tmp_path)
        jobs = [fleet.submit("sh", SCRIPT, str(tmp_path / "end")).id for _ in range(2)]
        for job in jobs:
            fleet.reaches(job, "running")
        port = fleet.head.about["rpc_port"]
        began = time.time()
        fleet.head.host.drop(f"input tcp dport {port}", f"output tcp sport {port}")
        wait_for(lambda: fleet.events("fleet.cut"), "the head says that it is cut off", 20)
        cut = fleet.events("fleet.cut")[0].at - began
        wait_for(lambda: time.time() > began + 16, "time enough for a verdict, if there were one")
        assert not any(fleet.job(job).reachable for job in jobs), "what is shown says that it may be old"
        fleet.head.host.heal()
        healed = time.time()
        fleet.online(*fleet.hosts)
        wait_for(lambda: fleet.events("fleet.whole"), "the head says that it is over")
        back = time.time() - healed
        (tmp_path / "end").touch()
        for job in jobs:
            fleet.reaches(job, "succeeded")
            assert not fleet.events("job.recovering", job=job)
            steps = [int(line.text.split()[1]) for line in fleet.lines(job)]
            assert steps == list(range(1, len(steps) + 1))
        print(f"cut: told after {cut:.1f} s, no job of {len(jobs)} moved, whole {back:.1f} s after the healing")
        assert cut < 10.4 + 2
        assert back < 20
