"""The jobs that a fleet has run, as a trace: what would another policy, or two more nodes, have made of last month?"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tensorfleet.core.resources import Kind
from tensorfleet.errors import InvalidRequest
from tensorfleet.sim.replay.result import Outcome, Replay, TraceJob
from tensorfleet.wire.rest import JobView, WorkerView

COLUMNS = ("job_id", "submit_s", "gpus", "duration_s", "limit_s", "team", "user", "priority")


def past(jobs: Iterable[JobView]) -> list[tuple[TraceJob, Outcome]]:
    """Those of `jobs` that ran and are over, in the order of their submits, each with what became of it.

    Jobs on GPUs; where there is none, those on CPU slots, as if a slot were a GPU. A job's run time is that of all of
    its attempts that are still known.
    """
    ran = [job for job in jobs if job.ended is not None and _seconds(job) > 0]
    kind = Kind.GPU if any(job.request.kind is Kind.GPU for job in ran) else Kind.SLOT
    ran = sorted((job for job in ran if job.request.kind is kind), key=lambda job: (job.submitted, job.id))
    return [_of(job, ran[0].submitted) for job in ran]


def _seconds(job: JobView) -> float:
    return sum(each.ended - (each.started or each.placed) for each in job.history if each.ended is not None)


def _of(job: JobView, begin: float) -> tuple[TraceJob, Outcome]:
    seconds, gpus = _seconds(job), job.request.ranks
    trace = TraceJob(
        id=job.id,
        submit=job.submitted - begin,
        gpus=gpus,
        duration=seconds,
        limit=max(job.max_duration, seconds) if job.max_duration else 0.0,
        team=job.team,
        user=job.owner,
        priority=job.priority,
    )
    first = min(each.placed for each in job.history)
    ended = max(job.ended or 0.0, first)
    again = len(job.history) - 1
    return trace, Outcome(trace, first - begin, ended - begin, again, seconds * gpus, 0.0)


def as_it_was(outcomes: Sequence[Outcome], capacity: int) -> Replay:
    """What happened, for comparison. capacity: GPUs of the fleet; how many were lost in restarts is not known."""
    return Replay(tuple(outcomes), (), capacity)


def nodes_of(workers: Iterable[WorkerView]) -> tuple[int, int]:
    """How many nodes the fleet has, and how many GPUs most of those with any have; slots where none has one."""
    workers = list(workers)
    sizes = Counter(len(each.gpus) for each in workers if each.gpus) or Counter(each.slots for each in workers)
    return max(1, sizes.total()), max((size for size, _ in sizes.most_common(1)), default=8) or 1


def write_trace(path: Path, jobs: Iterable[TraceJob]) -> None:
    """A CSV file that `read_trace` reads. Raises InvalidRequest when it cannot be written."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for job in jobs:
                limit = f"{job.limit:.3f}" if job.limit else ""
                times = (f"{job.submit:.3f}", job.gpus, f"{job.duration:.3f}", limit)
                writer.writerow((job.id, *times, job.team, job.user, job.priority))
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}.", "Choose another --save-trace.") from error
