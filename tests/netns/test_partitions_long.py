"""Links that are cut for a minute, or come and go for ten: rows 7 and 9, for those who have the time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hosted import wait_for
from lab import Lab
from spread import Spread, host_of

SCRIPT = str(Path(__file__).parents[1] / "scripts" / "marching.sh")
APART = float(os.environ.get("TENSORFLEET_APART", "60"))
FLAPPING = float(os.environ.get("TENSORFLEET_FLAPPING", "600"))

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def test_a_minute_apart_with_nowhere_else_to_go_costs_nothing(tmp_path: Path) -> None:
    with Lab(2) as lab:
        fleet = Spread(lab, tmp_path)
        job = fleet.submit("sh", SCRIPT, str(tmp_path / "end")).id
        fleet.reaches(job, "running")
        host = host_of(fleet, job)
        began = time.time()
        host.apart()
        wait_for(lambda: not fleet.job(job).reachable, "it is shown as not heard")
        wait_for(lambda: time.time() > began + APART, "the link stays cut", APART + 5)
        assert fleet.job(job).state == "running"
        host.heal()
        healed = time.time()
        wait_for(lambda: fleet.job(job).reachable, "the node is back")
        print(f"apart for {APART:.0f} s: back {time.time() - healed:.1f} s after the healing")
        _ends_untouched(fleet, job, tmp_path)


def test_ten_minutes_of_a_flapping_link_cost_nothing(tmp_path: Path) -> None:
    with Lab(3) as lab:
        fleet = Spread(lab, tmp_path)
        job = fleet.submit("sh", SCRIPT, str(tmp_path / "end")).id
        fleet.reaches(job, "running")
        host = host_of(fleet, job)
        began, turns = time.time(), 0
        while time.time() < began + FLAPPING:
            (host.heal if turns % 2 else host.apart)()
            turns += 1
            wait_for(lambda: time.time() >= began + 2 * turns, "it is time")  # noqa: B023
        if turns % 2:
            host.heal()
        fleet.online(*fleet.hosts)
        print(f"flapping for {FLAPPING:.0f} s: {turns} turns")
        _ends_untouched(fleet, job, tmp_path)


def _ends_untouched(fleet: Spread, job: str, folder: Path) -> None:
    (folder / "end").touch()
    fleet.reaches(job, "succeeded")
    steps = [int(line.text.split()[1]) for line in fleet.lines(job)]
    assert steps == list(range(1, len(steps) + 1))
    assert not fleet.events("job.recovering", job=job)
