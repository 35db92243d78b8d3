"""The store without a disk: for tests and the simulator. What it holds survives close() and open() of one instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tensorfleet.errors import StoreFailed
from tensorfleet.store.ledger import Batch, Ledger, prepare
from tensorfleet.store.port import Committed, Doc, Where, Write
from tensorfleet.store.recent import Recent
from tensorfleet.store.shelf import Shelf
from tensorfleet.store.view import show


class MemoryStore:
    """A Store; see the port. Its backup is a JSON file that nothing reads back."""

    warnings: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = defaultdict(Shelf)
        self._recent = Recent(0, keep=None)
        self._ledger = Ledger()
        self._open = False

    async def open(self) -> None:
        self._open = True

    async def close(self) -> None:
        self._open = False

    async def commit(self, writes: Sequence[Write]) -> Committed:
        if not self._open:
            raise StoreFailed("The store is closed.")
        batch = Batch(self._ledger)
        staged = batch.stage(prepare(writes))
        self._ledger.settle(batch)
        return show(staged, self._shelves.__getitem__, self._recent)

    def get(self, collection: str, id: str) -> Doc | None:
        return self._shelves[collection].get(id)

    def find(self, collection: str, where: Where | None = None) -> list[Doc]:
        return self._shelves[collection].find(where)

    def page(
        self,
        collection: str,
        *,
        where: Where | None = None,
        after: str | None,
        limit: int,
        newest_first: bool = True,
    ) -> list[Doc]:
        return self._shelves[collection].page(where, after, limit, newest_first)

    def count(self, collection: str) -> int:
        return len(self._shelves[collection].docs)

    async def events(self, *, after: int, limit: int, job: str | None = None) -> list[Doc]:
        return self._recent.read(after, limit, job)

    def last_event(self) -> int:
        return self._recent.last

    async def backup(self, target: Path) -> None:
        documents = {name: shelf.find(None) for name, shelf in self._shelves.items()}
        events = self._recent.read(0, self._recent.last, None)
        whole = target.with_name(target.name + ".part")
        whole.write_bytes(msgspec.json.encode({"documents": documents, "events": events}))
        whole.replace(target)
