"""Arrays of which only so many jobs may run at once: who of those that wait may be in line now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sortedcontainers import SortedSet

from tensorfleet.core.job import PLACED, Job


@dataclass(slots=True, eq=False)
class _Array:
    most: int = 0
    waiting: SortedSet[tuple[str, str]] = field(default_factory=SortedSet)
    running: set[str] = field(default_factory=set)


class Throttle:
    """Told of jobs as they change, in whatever state."""

    def __init__(self) -> None:
        self._arrays: dict[str, _Array] = {}
        self._of: dict[str, tuple[str, str]] = {}
        self._changed: set[str] = set()

    def put(self, job: Job, may: bool) -> bool:
        """Whether its array says when `job` is in line. may: it waits, and nothing else keeps it from starting."""
        if not job.spec.array or not job.spec.array.most:
            return False
        array = self._arrays.setdefault(job.spec.array.id, _Array())
        array.most = job.spec.array.most
        self._of[job.id] = (job.spec.array.id, job.order)
        self._changed.add(job.spec.array.id)
        array.waiting.discard((job.order, job.id))
        array.running.discard(job.id)
        if may:
            array.waiting.add((job.order, job.id))
        elif job.state in PLACED:
            array.running.add(job.id)
        return True

    def drop(self, job_id: str) -> None:
        """It is over."""
        name, order = self._of.pop(job_id, ("", ""))
        array = self._arrays.get(name)
        if array:
            array.waiting.discard((order, job_id))
            array.running.discard(job_id)
            self._changed.add(name)

    def news(self) -> Iterator[tuple[list[str], list[str]]]:
        """Of each array that changed since this was asked last: who may be in line, and who may not."""
        for name in sorted(self._changed):
            array = self._arrays[name]
            allowed = max(0, array.most - len(array.running))
            ids = [job_id for _, job_id in array.waiting]
            yield ids[:allowed], ids[allowed:]
            if not array.waiting and not array.running:
                del self._arrays[name]
        self._changed.clear()
