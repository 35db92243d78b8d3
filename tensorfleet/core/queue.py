"""The order in which jobs are considered: higher class and priority first, then first come, then the id."""

from __future__ import annotations

from collections.abc import Iterable

from tensorfleet.core.job import Job


def key(job: Job) -> tuple[int, int, float, str, str]:
    """Sorts jobs into the order of the queue. A retried job keeps its place by the time of its submit, a moved one that
    which it was given."""
    return (job.spec.job_class.order, -job.spec.priority, job.turn, job.order, job.id)


def line_up(waiting: Iterable[Job]) -> list[Job]:
    return sorted(waiting, key=key)
