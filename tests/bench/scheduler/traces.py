"""Traces through the very same replay as `tensorfleet simulate`: one made here from a seed, and published ones.

The published traces are not part of this repository: give their folder as TRACES. Their rows and bars are of the
papers: Tiresias (NSDI 2019) as reproduced by Muri's artifact, and the rows that Pollux's authors published with theirs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tensorfleet.core.scheduling.policy import Discipline, Policy
from tensorfleet.sim.replay.engine import replay
from tensorfleet.sim.replay.figures import figures
from tensorfleet.sim.replay.result import TraceJob
from tensorfleet.sim.replay.trace import Workload, read_runtimes, read_trace

COST = 60.0
"""Seconds that a restart costs each GPU."""


@dataclass(frozen=True, slots=True)
class Row:
    """Of one policy on one trace: mean and p99 completion in seconds, the part of GPU time lost, and interruptions."""

    mean: float
    p99: float
    lost: float
    interrupted: int


@dataclass(frozen=True, slots=True)
class Published:
    """file: in TRACES. mean, p99: in seconds, of `peer`. bar: what ours may be at most. elastic, rigid: as in
    `simulate`."""

    title: str
    file: str
    nodes: int
    gpus_per_node: int
    peer: str
    mean: float
    bar: float
    p99_bar: float = math.inf
    elastic: bool = False
    rigid: bool = False


HOUR = 3600.0

PUBLISHED = (
    Published("Philly testbed, 400 jobs", "philly_testbed400.csv", 8, 8, "Tiresias", 336_533, 320_000, 2_813_000),
    Published("Philly trace 4, 2,638 jobs", "philly_trace4.csv", 8, 8, "Tiresias", 366 * HOUR, 372 * HOUR),
    Published("Philly trace 1, 1,494 jobs", "philly_trace1.csv", 8, 8, "Tiresias", 925 * HOUR, 925 * HOUR),
    Published("Pollux load 1.0, sizes fixed", "pollux_load1.csv", 16, 4, "Tiresias", 4_038, 4_038, rigid=True),
    Published("Pollux load 1.0, elastic", "pollux_load1.csv", 16, 4, "Optimus, oracle", 5_682, 3_600, elastic=True),
)


def made(jobs: int, seed: int = 1) -> Workload:
    """Like a lab's: most jobs small and short, most GPU time in few long ones, submitted in bursts, more of them by
    day; at a load a little above what 64 GPUs can do."""
    dice = random.Random(seed)
    at = 0.0
    made = []
    while len(made) < jobs:
        at += dice.expovariate(1.0) * (2_000 if at % 86_400 > 10 * HOUR else 4_000)
        for _ in range(dice.choice((1, 1, 1, 2, 6))):
            gpus = dice.choices((1, 2, 4, 8, 16), (50, 15, 12, 18, 5))[0]
            duration = min(14 * 86_400.0, dice.lognormvariate(math.log(1_800), 2.4))
            made.append(TraceJob(f"job-{len(made)}", at + dice.uniform(0, 60), gpus, max(10.0, duration)))
    return Workload("made", tuple(made[:jobs]))


def played(workloads: list[Workload], nodes: int, gpus_per_node: int, discipline: Discipline) -> Row:
    """EASY is told the run times; it can do nothing without."""
    if discipline is Discipline.EASY:
        workloads = [Workload(each.name, tuple(_limited(job) for job in each.jobs)) for each in workloads]
    policy = Policy(discipline=discipline)
    found = figures([replay(each.jobs, nodes, gpus_per_node, policy, COST) for each in workloads])
    names = ("mean_completion_s", "p99_completion_s", "gpu_time_lost_fraction")
    mean, p99, lost = (float(str(found[name])) for name in names)
    return Row(mean, p99, lost, int(str(found["preemptions"])))


def _limited(job: TraceJob) -> TraceJob:
    return TraceJob(job.id, job.submit, job.gpus, job.duration, job.duration, job.team, job.user, job.priority)


def published(folder: Path) -> Iterator[tuple[Published, list[Workload]]]:
    """Those of the published traces that `folder` has."""
    for each in PUBLISHED:
        path = folder / each.file
        if path.exists():
            times = read_runtimes(folder / "pollux_runtimes.csv") if each.elastic or each.rigid else None
            capacity = each.nodes * each.gpus_per_node
            yield each, read_trace(path, capacity, times, rigid=each.rigid)
