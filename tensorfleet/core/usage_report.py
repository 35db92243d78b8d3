"""Who used what: GPU-hours, jobs, waiting and efficiency within a window of time, from the jobs themselves.

Each share of an attempt is an entry of its own, on one node; a row of the report sums entries, so that any way to
group them sums to the same. Times are unix seconds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tensorfleet.core.job import Job, Share
from tensorfleet.core.spent import worth_until
from tensorfleet.errors import InvalidRequest

SLOTS = "slots"
"""The model under which CPU slots go."""

UNKNOWN = "unknown"
"""The model of GPUs whose node has left the fleet."""


class By(StrEnum):
    USER = "user"
    TEAM = "team"
    GPU = "gpu"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until just before `until`."""

    since: float
    until: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.since) and math.isfinite(self.until)):
            raise InvalidRequest("since, until: both have to be times.", "Write them like 30d or 2026-05-01.")
        if self.until <= self.since:
            raise InvalidRequest("since: it has to be before until.", "Exchange the two.")

    def part(self, start: float, end: float) -> float:
        """Seconds of `start` to `end` that are within."""
        return max(0.0, min(end, self.until) - max(start, self.since))


@dataclass(slots=True)
class Usage:
    """One row. gpu_seconds, slot_seconds: held, from placement to end. useful, lost: parts of the two together: up to
    the good end of an attempt or its last checkpoint, and what came after that in attempts that ended otherwise. What
    runs now may still become either. jobs: that held something. waits: seconds from submit to first placement, of jobs
    first placed within the window."""

    gpu_seconds: float = 0.0
    slot_seconds: float = 0.0
    useful: float = 0.0
    lost: float = 0.0
    jobs: set[str] = field(default_factory=set)
    waits: list[float] = field(default_factory=list)

    @property
    def efficiency(self) -> float | None:
        """Part of what is over that was not lost; None where nothing is over."""
        total = self.useful + self.lost
        return self.useful / total if total else None

    @property
    def mean_wait(self) -> float | None:
        return sum(self.waits) / len(self.waits) if self.waits else None

    @property
    def p90_wait(self) -> float | None:
        """By the nearest rank."""
        return sorted(self.waits)[math.ceil(0.9 * len(self.waits)) - 1] if self.waits else None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one share held of one model of GPU, or of slots; GPU-seconds or slot-seconds within the window."""

    model: str
    held: float
    useful: float
    lost: float


def report(jobs: Iterable[Job], window: Window, now: float, by: By, models: Mapping[str, str]) -> dict[str, Usage]:
    """The rows by name, those who used the most first. models: of GPUs, by UUID."""
    rows: dict[str, Usage] = {}
    for job in jobs:
        wait = _wait(job, window)
        for entry in entries(job, window, now, models):
            row = rows.setdefault(_NAMES[by](job, entry), Usage())
            if entry.model == SLOTS:
                row.slot_seconds += entry.held
            else:
                row.gpu_seconds += entry.held
            row.useful += entry.useful
            row.lost += entry.lost
            if wait is not None and job.id not in row.jobs:
                row.waits.append(wait)
            row.jobs.add(job.id)
    return dict(sorted(rows.items(), key=lambda each: (-each[1].gpu_seconds, -each[1].slot_seconds, each[0])))


def entries(job: Job, window: Window, now: float, models: Mapping[str, str]) -> Iterator[Entry]:
    """What `job` held within `window`; what runs still is held until `now`."""
    for spent in job.used:
        part = window.part(spent.since, spent.until) / (spent.until - spent.since)
        if part:
            model = models.get(spent.gpu, UNKNOWN) if spent.gpu else SLOTS
            useful = spent.useful * part
            yield Entry(model, spent.held * part, useful, spent.held * part - useful)
    for attempt in job.attempts:
        seconds = window.part(attempt.placed, attempt.ended or now)
        if not seconds:
            continue
        useful = window.part(attempt.placed, worth_until(attempt))
        lost = seconds - useful if attempt.ended else 0.0
        for share in attempt.shares:
            for model, ranks in _models(share, models).items():
                yield Entry(model, ranks * seconds, ranks * useful, ranks * lost)


def _models(share: Share, models: Mapping[str, str]) -> Mapping[str, int]:
    if not share.gpus:
        return {SLOTS: share.ranks}
    return Counter(models.get(gpu, UNKNOWN) for gpu in share.gpus)


def _wait(job: Job, window: Window) -> float | None:
    if not job.attempts:
        return None
    first = min((spent.since for spent in job.used), default=job.attempts[0].placed)
    return max(0.0, first - job.submitted) if window.since <= first < window.until else None


_NAMES: Mapping[By, Callable[[Job, Entry], str]] = {
    By.USER: lambda job, _: job.owner,
    By.TEAM: lambda job, _: job.team,
    By.GPU: lambda _, entry: entry.model,
    By.JOB: lambda job, _: job.id,
}
