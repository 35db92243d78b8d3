"""The newest events, in memory: whoever follows the fleet live reads these and never waits for the disk."""

from __future__ import annotations

from itertools import islice

from tensorfleet.store.port import Doc
from tensorfleet.store.shelf import copy_of


class Recent:
    """A row of events with successive numbers, up to the newest.

    keep: how many it holds at least before it forgets the oldest; None to hold all.
    """

    def __init__(self, last: int, keep: int | None) -> None:
        self.last = last
        self._first = last + 1
        self._keep = keep
        self._events: list[Doc] = []

    def add(self, event: Doc) -> None:
        """Takes over the event whose number follows `last`."""
        self._events.append(event)
        self.last = event["id"]
        if self._keep is not None and len(self._events) >= 2 * self._keep:
            del self._events[: -self._keep]
            self._first = self._events[0]["id"]

    def reaches(self, after: int) -> bool:
        """Whether every event above `after` is here."""
        return after + 1 >= self._first

    def read(self, after: int, limit: int, job: str | None) -> list[Doc]:
        """As Store.events; only where it `reaches`."""
        if after >= self.last:
            return []
        newer = islice(self._events, max(after + 1 - self._first, 0), None)
        picked = newer if job is None else (event for event in newer if event.get("job") == job)
        return [copy_of(event) for event in islice(picked, max(limit, 0))]
