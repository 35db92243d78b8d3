"""The order in which jobs are considered: higher priority first, then first come, then the id."""

from __future__ import annotations

from collections.abc import Iterable

from tensorfleet.core.job import Job


def key(job: Job) -> tuple[int, str, str]:
    """Sorts jobs into the order of the queue. A retried job keeps its place by the time of its submit."""
    return (-job.spec.priority, job.order, job.id)


def line_up(waiting: Iterable[Job]) -> list[Job]:
    return sorted(waiting, key=key)
