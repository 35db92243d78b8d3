"""A job's checkpoints as REST shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from tensorfleet.core.checkpoints import best_of
from tensorfleet.core.job import Job


class CheckpointView(msgspec.Struct, frozen=True):
    """A job can go on from one that is `saved`; `incoming`: some nodes have not brought their part yet.

    step: as the program says. attempt and serial name it, serial counting the saves of the attempt. at: unix seconds.
    size: bytes. best: whether it stays for its metric. path: where it lies on shared storage; empty where the head has
    its files.
    """

    step: int
    attempt: int
    serial: int
    at: float
    size: int
    metrics: Mapping[str, float]
    state: Literal["saved", "incoming"]
    best: bool
    path: str


class CheckpointPage(msgspec.Struct, frozen=True):
    """`next` is always null: a job keeps few enough for one page."""

    items: list[CheckpointView]
    next: str | None = None


def checkpoint_views(job: Job) -> list[CheckpointView]:
    """All that are kept, newest first."""
    best = best_of(job.spec.checkpoint, (each for each in job.checkpoints if each.whole))
    return [
        CheckpointView(
            step=each.step,
            attempt=each.attempt,
            serial=each.serial,
            at=each.at,
            size=each.size,
            metrics=each.metrics,
            state="saved" if each.whole else "incoming",
            best=each is best,
            path=each.path,
        )
        for each in reversed(job.checkpoints)
    ]
