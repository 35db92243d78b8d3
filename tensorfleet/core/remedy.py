"""One change with which a job like one that waits would start now. Each is tried on the scheduler before it is told.

Nobody who waits can start, or a pass would have started him. So a job starts in the next pass exactly if it has a seat
now beside all promises, its team and user may hold it, and the pass comes to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tensorfleet.core import asks
from tensorfleet.core.behind import stopped_at
from tensorfleet.core.changes import Change, interruptible, limited, looser, smaller
from tensorfleet.core.job import Job, JobSpec
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.scheduler import Scheduler

ROUGHLY = 60.0
"""Seconds that a limit stays below what would do: who reads it needs a moment to act on it."""


def remedy(job: Job, ask: Ask, scheduler: Scheduler, now: float) -> Change | None:
    """The first change with which it would start if it were submitted anew, beside all that wait, itself among them;
    None where none of those known helps. ask: what `job` asks for."""
    trial = _Trial(job, ask, scheduler, now)
    return next((each for each in trial.candidates() if trial.starts(each.spec)), None)


class _Trial:
    def __init__(self, job: Job, ask: Ask, scheduler: Scheduler, now: float) -> None:
        self._spec, self._ask, self._scheduler, self._now = job.spec, ask, scheduler, now
        self._like = Job("", job.spec, job.owner, job.team, now, since=now)

    def candidates(self) -> Iterator[Change]:
        for minutes in sorted(set(self._limits()), reverse=True):
            if minutes > 0 and not 0 < self._spec.max_duration <= 60 * minutes:
                yield limited(self._spec, minutes)
        if not self._ask.limit and not self._ask.preemptible:
            yield interruptible(self._spec)
        yield from looser(self._spec)
        fewer = smaller(self._spec, self._fits)
        if fewer:
            yield fewer

    def _limits(self) -> Iterator[int]:
        """Minutes after which it would be off what is promised or set aside."""
        scheduler, now = self._scheduler, self._now
        for promise in scheduler.rivals(self._ask):
            if promise.ask != self._ask.id and promise.at < float("inf"):
                yield int(asks.duration_for(promise.at - now - ROUGHLY) // 60)
        for booking in scheduler.calendar.keeping_out(self._ask, now):
            starts = booking.start - scheduler.calendar.ahead
            if starts > now:
                yield int(asks.duration_for(starts - now - ROUGHLY) // 60)

    def _asked(self, spec: JobSpec) -> Ask:
        scheduler = self._scheduler
        ask = asks.ask_of(replace(self._like, spec=spec), scheduler.policy)
        ask.since, ask.bad = self._now, self._ask.bad
        scheduler.calendar.mark(ask, self._now)
        return ask

    def _fits(self, spec: JobSpec) -> bool:
        """Whether it has a place, and its team and user may hold it."""
        ask = self._asked(spec)
        return not self._scheduler.capped(ask, self._now) and self._scheduler.seat(ask, self._now) is not None

    def starts(self, spec: JobSpec) -> bool:
        if not self._fits(spec):
            return False
        ask, line = self._asked(spec), self._scheduler.line
        line.add(ask, 0)
        try:
            return stopped_at(ask, self._scheduler, self._now) is None
        finally:
            line.remove(ask.id)
