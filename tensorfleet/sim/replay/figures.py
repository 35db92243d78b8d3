"""The figures of a replay: how long jobs took, how well the GPUs were used, what interruptions cost."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from tensorfleet.sim.replay.result import Outcome, Replay

SIZES = (1, 2, 4, 8, 16, 32)
"""Where the classes of sizes begin, in GPUs."""


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest of `values` that at least this part of them does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def completion(outcome: Outcome) -> float:
    """From the submit to the end."""
    return outcome.finished - outcome.job.submit


def slowdown(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """By size: how many times longer than its own run time a job took at the median."""
    found: dict[str, list[float]] = {}
    for outcome in outcomes:
        least = max((size for size in SIZES if size <= outcome.job.gpus), default=1)
        found.setdefault(f"{least}+" if least == SIZES[-1] else str(least), []).append(
            completion(outcome) / outcome.job.duration
        )
    return {size: statistics.median(found[size]) for size in sorted(found, key=lambda size: int(size.rstrip("+")))}


def figures(replays: Sequence[Replay]) -> dict[str, object]:
    """The figures of all workloads: means are means of the workloads' means, as published rows are."""
    outcomes = [outcome for replay in replays for outcome in replay.outcomes]
    times = [[completion(outcome) for outcome in replay.outcomes] for replay in replays]
    held = sum(outcome.gpu_seconds for outcome in outcomes)
    ends = [max(outcome.finished for outcome in replay.outcomes) for replay in replays]
    begins = [min(outcome.job.submit for outcome in replay.outcomes) for replay in replays]
    offered = sum((end - begin) * replay.capacity for end, begin, replay in zip(ends, begins, replays, strict=True))
    waits = [outcome.started - outcome.job.submit for outcome in outcomes]
    return {
        "jobs": len(outcomes),
        "mean_completion_s": statistics.mean(statistics.mean(each) for each in times),
        "p50_completion_s": statistics.mean(quantile(each, 0.50) for each in times),
        "p99_completion_s": statistics.mean(quantile(each, 0.99) for each in times),
        "makespan_s": statistics.mean(end - begin for end, begin in zip(ends, begins, strict=True)),
        "utilization": held / offered if offered else 0.0,
        "gpu_time_lost_fraction": math.fsum(outcome.lost for outcome in outcomes) / held if held else 0.0,
        "preemptions": sum(outcome.preemptions for outcome in outcomes),
        "mean_wait_s": statistics.mean(waits),
        "slowdown_by_gpus": slowdown(outcomes),
    }
