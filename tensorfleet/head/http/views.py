"""Jobs as they are sent, encoded once for all who list them."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Final

import msgspec

from tensorfleet.core.job import Job, JobState
from tensorfleet.errors import NotFound
from tensorfleet.head.roles import Principal
from tensorfleet.head.shell import ALPHABET, Shell
from tensorfleet.wire.array import MAX_JOBS
from tensorfleet.wire.rest import JobView, job_view

KEEP: Final = 5_000
"""Encoded jobs in memory, about 1 kB each."""

State = tuple[int, bool, str]
"""All that a view shows beside the job itself: its revision, whether it is reachable, what it waits for."""


_ARRAY: Final = re.compile(f"a[{ALPHABET}]{{9}}")


def in_array(job: Job, array: str) -> bool:
    return job.spec.array is not None and job.spec.array.id == array


class JobViews:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._encoded: OrderedDict[str, tuple[State, msgspec.Raw]] = OrderedDict()

    def find(self, reference: str, who: Principal) -> tuple[Job, int]:
        """The job with this id, or the newest with this name, among those that exist for `who`. Raises NotFound."""
        try:
            job, rev = self._shell.job(reference)
        except NotFound:
            raise _no_job(reference) from None
        if who.reaches(job.team):
            return job, rev
        if job.spec.name == reference:
            own, _ = self._shell.jobs(lambda job: job.spec.name == reference and who.reaches(job.team), None, 1)
            if own:
                return own[0]
        raise _no_job(reference)

    def find_all(self, reference: str, who: Principal) -> list[Job]:
        """All jobs of the array with this id, or the one job that `find` finds. Raises NotFound."""
        if _ARRAY.fullmatch(reference):
            found, _ = self._shell.jobs(lambda job: in_array(job, reference) and who.reaches(job.team), None, MAX_JOBS)
            if found:
                return [job for job, _ in found]
        return [self.find(reference, who)[0]]

    def view(self, job: Job, rev: int) -> JobView:
        _, reachable, why = self._state(job, rev)
        return job_view(job, rev, reachable, why)

    def encoded(self, job: Job, rev: int) -> msgspec.Raw:
        """`view` as JSON."""
        state = self._state(job, rev)
        found = self._encoded.get(job.id)
        if found and found[0] == state:
            self._encoded.move_to_end(job.id)
            return found[1]
        data = msgspec.Raw(msgspec.json.encode(job_view(job, *state)))
        self._encoded[job.id] = (state, data)
        if len(self._encoded) > KEEP:
            self._encoded.popitem(last=False)
        return data

    def _state(self, job: Job, rev: int) -> State:
        why = self._shell.wait_of(job).text if job.state is JobState.QUEUED else ""
        return rev, self._shell.reachable(job), why


def _no_job(reference: str) -> NotFound:
    return NotFound(f"There is no job {reference[:80]!r}.", "`tensorfleet ps --all` lists the jobs.")
