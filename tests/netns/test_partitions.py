"""Links that are cut for a while, both ways or one way, or come and go: rows 7, 8 and 9 of the fault matrix.

All links fail in the same seconds, each under a job of its own, and heal again; then every test looks at one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hosted import wait_for
from lab import Lab
from spread import Spread, host_of, ranks

from tensorfleet.wire.rest import EventView

SCRIPT = str(Path(__file__).parents[1] / "scripts" / "marching.sh")
NOTICED = 10.4 + 2.0
"""Seconds until silence is a verdict, and the head's next look and this machine's haste with it."""

CUT = 16.0
FAULTS = ("brief", "long", "deaf", "mute", "flapping")
MOVED = ("long", "deaf", "mute")
SPARE = 4


@dataclass
class Storm:
    """jobs and nodes: by fault. began, healed: unix seconds. ended: seconds from the healing until nothing was left of
    the attempt that had been given up."""

    fleet: Spread
    jobs: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    healed: float = 0.0
    ended: dict[str, float] = field(default_factory=dict)

    def events(self, fault: str, kind: str) -> list[EventView]:
        return [event for event in self.fleet.events(kind, job=self.jobs[fault]) if event.at >= self.began]

    def told(self, fault: str, kind: str) -> list[EventView]:
        """Events about the node, since it began."""
        return [event for event in self.fleet.events(kind, node=self.nodes[fault]) if event.at >= self.began]

    def steps(self, fault: str) -> dict[int, list[int]]:
        """What each attempt printed."""
        found: dict[int, list[int]] = {}
        for line in self.fleet.lines(self.jobs[fault]):
            attempt, step = map(int, line.text.split())
            found.setdefault(attempt, []).append(step)
        return found


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    folder = tmp_path_factory.mktemp("storm")
    with Lab(1 + len(FAULTS) + SPARE) as lab:
        fleet = Spread(lab, folder)
        storm = Storm(fleet)
        storm.jobs = {fault: fleet.submit("sh", SCRIPT, str(folder / "end"), name=fault).id for fault in FAULTS}
        for job in storm.jobs.values():
            wait_for(lambda job=job: fleet.events("checkpoint.saved", job=job), f"{job} saved")  # type: ignore[misc]
        storm.nodes = {fault: fleet.job(job).shares[0].node for fault, job in storm.jobs.items()}
        _rage(storm)
        fleet.online(*fleet.hosts)
        for fault, job in storm.jobs.items():
            fleet.reaches(job, "running", 2 if fault in MOVED else 1)
        (folder / "end").touch()
        for fault, job in storm.jobs.items():
            fleet.reaches(job, "succeeded", 2 if fault in MOVED else 1)
        yield storm


def _rage(storm: Storm) -> None:
    """Cuts the links and heals them, and sees the attempts end that were given up meanwhile."""
    hosts = {fault: host_of(storm.fleet, job) for fault, job in storm.jobs.items()}
    turns: list[tuple[float, Callable[[], None]]] = [
        (0.0, hosts["brief"].apart),
        (0.0, hosts["long"].apart),
        (0.0, hosts["deaf"].deaf),
        (0.0, hosts["mute"].mute),
        (5.0, hosts["brief"].heal),
        *((at, hosts["flapping"].apart) for at in (0.0, 4.0, 8.0, 12.0)),
        *((at, hosts["flapping"].heal) for at in (2.0, 6.0, 10.0, 14.0)),
        *((CUT, hosts[fault].heal) for fault in MOVED),
    ]
    storm.began = time.time()
    for at, turn in sorted(turns, key=lambda each: each[0]):
        wait_for(lambda at=at: time.time() >= storm.began + at, "it is time")  # type: ignore[misc]
        turn()
    storm.healed = time.time()
    for fault in MOVED:
        assert fault != "long" or list(ranks(storm.jobs[fault], 1)), "the attempt lives on while its link is cut"
    left = set(MOVED)

    def gone() -> bool:
        for fault in list(left):
            if not list(ranks(storm.jobs[fault], 1)):
                storm.ended[fault] = time.time() - storm.healed
                left.discard(fault)
        return not left

    wait_for(gone, "attempts that were given up are ended")


@pytest.mark.parametrize("fault", ["brief", "flapping"])
def test_what_is_over_before_the_lease_costs_nothing(storm: Storm, fault: str) -> None:
    steps = storm.steps(fault)
    assert list(steps) == [1]
    assert steps[1] == list(range(1, len(steps[1]) + 1)), "lines were lost, or came twice"
    assert not storm.events(fault, "job.recovering")
    # A session may break after 5 s without an answer, and is made anew: that is shown, and is no verdict.
    assert len(storm.told(fault, "node.unreachable")) <= 2
    print(f"{fault}: {len(steps[1])} lines, none lost, one attempt")


@pytest.mark.parametrize("fault", MOVED)
def test_a_link_that_is_cut_for_longer_moves_the_job_once(storm: Storm, fault: str) -> None:
    (declared,) = storm.told(fault, "node.unreachable")
    (moved,) = storm.events(fault, "job.recovering")
    assert declared.at - storm.began <= NOTICED
    assert moved.at - storm.began <= NOTICED + 1
    (back,) = storm.told(fault, "node.online")
    assert back.at > storm.began + CUT
    first = next(line.at for line in storm.fleet.lines(storm.jobs[fault]) if line.text.startswith("2 "))
    print(
        f"{fault}: unreachable after {declared.at - storm.began:.1f} s, first step elsewhere after"
        f" {first - storm.began:.1f} s, back {back.at - storm.healed:.1f} s after the healing"
    )
    assert first - storm.began < 25


@pytest.mark.parametrize("fault", MOVED)
def test_the_attempt_that_was_given_up_is_ended_on_return_and_commits_nothing(storm: Storm, fault: str) -> None:
    assert storm.ended[fault] < 15
    refused = storm.events(fault, "checkpoint.refused")
    saved = storm.events(fault, "checkpoint.saved")
    (moved,) = storm.events(fault, "job.recovering")
    assert {event.data["attempt"] for event in saved if event.at > moved.at} == {2}
    assert {event.data["attempt"] for event in refused} == {1}
    steps = storm.steps(fault)
    from_step = max(
        [
            int(event.data["step"])
            for event in storm.fleet.events("checkpoint.saved", job=storm.jobs[fault])
            if event.data["attempt"] == 1
        ]
    )
    assert steps[2] == list(range(from_step + 1, from_step + 1 + len(steps[2]))), "it goes on from what was committed"
    assert steps[1] == list(range(1, len(steps[1]) + 1)), "what it printed meanwhile is kept, too"
    print(f"{fault}: ended {storm.ended[fault]:.1f} s after the healing, {len(refused)} of its checkpoints refused")
