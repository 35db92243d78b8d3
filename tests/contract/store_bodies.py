"""The stores that every promise is tried on, through their lives."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tensorfleet.store.faulty import FaultyStore
from tensorfleet.store.memory import MemoryStore
from tensorfleet.store.tinydb import TinyDBStore


class StoreBody:
    """One store through its lives: made, closed, crashed and opened again."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.directory = Path(tempfile.mkdtemp(prefix="store-"))
        self.store = {
            "memory": MemoryStore,
            "faulty": lambda: FaultyStore(MemoryStore(), {}.get),
            "tinydb": lambda: TinyDBStore(self.directory / "life-0"),
        }[kind]()
        self._lives = 1

    async def crash(self) -> None:
        """Opens what a process would find that starts after this one was killed here."""
        if self.kind == "tinydb":
            new = self.directory / f"life-{self._lives}"
            self._lives += 1
            shutil.copytree(self.directory / f"life-{self._lives - 2}", new)
            await self.store.close()
            self.store = TinyDBStore(new)
        await self.store.open()

    def remove(self) -> None:
        shutil.rmtree(self.directory)


KINDS = ("memory", "faulty", "tinydb")
