"""A store that fails when told to: for tests, and for the simulator's worst days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from tensorfleet.errors import StoreFailed, StoreFull
from tensorfleet.store.port import Committed, Doc, Store, Where, Write


class Fault(Enum):
    """How a commit goes wrong, as far as the port allows."""

    FULL = "the disk is full: nothing is written, later commits may work"
    BEFORE = "the store fails before the commit is durable, and for good"
    AFTER = "the store fails after the commit became durable, and for good"


class FaultyStore:
    """A Store around another.

    fault: asked with the number of each commit, from 1; a dict's `get` suits. After BEFORE or AFTER every commit
    fails until it is opened again, as a head that restarts would.
    """

    def __init__(self, store: Store, fault: Callable[[int], Fault | None]) -> None:
        self._store = store
        self._fault = fault
        self._failed = False
        self.commits = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._store.warnings

    async def open(self) -> None:
        self._failed = False
        await self._store.open()

    async def close(self) -> None:
        await self._store.close()

    async def commit(self, writes: Sequence[Write]) -> Committed:
        if self._failed:
            raise StoreFailed("The store failed before and takes no more commits.")
        self.commits += 1
        fault = self._fault(self.commits)
        if fault is Fault.FULL:
            raise StoreFull("The disk is full.", "Free some space and try again.")
        if fault is Fault.BEFORE:
            self._failed = True
            raise StoreFailed("The disk failed before the commit.")
        committed = await self._store.commit(writes)
        if fault is Fault.AFTER:
            self._failed = True
            raise StoreFailed("The disk failed before it confirmed the commit.")
        return committed

    def get(self, collection: str, id: str) -> Doc | None:
        return self._store.get(collection, id)

    def find(self, collection: str, where: Where | None = None) -> list[Doc]:
        return self._store.find(collection, where)

    def page(
        self,
        collection: str,
        *,
        where: Where | None = None,
        after: str | None,
        limit: int,
        newest_first: bool = True,
    ) -> list[Doc]:
        return self._store.page(collection, where=where, after=after, limit=limit, newest_first=newest_first)

    def count(self, collection: str) -> int:
        return self._store.count(collection)

    async def events(self, *, after: int, limit: int, job: str | None = None) -> list[Doc]:
        return await self._store.events(after=after, limit=limit, job=job)

    def last_event(self) -> int:
        return self._store.last_event()

    async def backup(self, target: Path) -> None:
        await self._store.backup(target)
