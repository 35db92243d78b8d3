"""Every job the head knows, live or over, in the order of their submits.

Documents stay in the store; here are only their order, their names, and a bounded cache of decoded jobs.
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable

from tensorfleet.core.job import Job
from tensorfleet.errors import Corrupt, NotFound
from tensorfleet.head.quarantine import Quarantine
from tensorfleet.head.records import JOBS, from_doc
from tensorfleet.store.port import Store

CACHED = 5_000
"""Decoded jobs kept in memory, about 2 kB each."""


class Catalog:
    """Finds jobs by id, by name and by page."""

    def __init__(self, store: Store, quarantine: Quarantine | None = None) -> None:
        self._store = store
        self._quarantine = quarantine or Quarantine()
        self._orders: list[str] = []
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._cache: OrderedDict[str, tuple[Job, int]] = OrderedDict()
        self.aside: dict[str, str] = {}

    def load(self) -> list[Job]:
        """Reads every job once, at the start, oldest first. What cannot be read, or is in quarantine, is left alone:
        `aside` has it, with the reason."""
        jobs: list[tuple[Job, int]] = []
        for doc in self._store.find(JOBS):
            job_id = str(doc.get("id", ""))
            if not self._quarantine.admits(job_id):
                self.aside[job_id] = self._quarantine.why(job_id)
                continue
            try:
                jobs.append((from_doc(doc, Job), doc["rev"]))
            except Corrupt as error:
                self.aside[job_id] = f"it cannot be read: {error.detail}"
        jobs.sort(key=lambda pair: pair[0].order)
        for job, rev in jobs:
            self.put(job, rev)
        return [job for job, _ in jobs]

    def put(self, job: Job, rev: int) -> None:
        """`job` as it is stored now."""
        if job.order not in self._ids:
            bisect.insort(self._orders, job.order)
            self._ids[job.order] = job.id
            self._names[job.spec.name] = job.id
        self._cache[job.id] = (job, rev)
        self._cache.move_to_end(job.id)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)

    def get(self, reference: str) -> tuple[Job, int]:
        """The job with this id, or else the newest with this name. Raises NotFound."""
        for job_id in (reference, self._names.get(reference, "")):
            if job_id in self._cache:
                return self._cache[job_id]
            doc = self._store.get(JOBS, job_id) if job_id else None
            if doc:
                return from_doc(doc, Job), doc["rev"]
        raise NotFound(f"There is no job {reference[:80]!r}.", "`tensorfleet ps --all` lists the jobs.")

    def page(
        self, where: Callable[[Job], bool], after: str | None, limit: int
    ) -> tuple[list[tuple[Job, int]], str | None]:
        """Up to `limit` jobs, newest first, older than the cursor `after`; and the cursor of the next page."""
        index = bisect.bisect_left(self._orders, after) if after else len(self._orders)
        found: list[tuple[Job, int]] = []
        while index and len(found) <= limit:
            index -= 1
            pair = self.get(self._ids[self._orders[index]])
            if where(pair[0]):
                found.append(pair)
        if len(found) > limit:
            return found[:limit], found[limit - 1][0].order
        return found, None
