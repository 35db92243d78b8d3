"""A table whose changes can be taken back until they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Draft(Generic[T]):
    """Kept values under pending ones. The brain decides on the pending state; when the store refuses the write,
    `drop` returns to what is durable."""

    def __init__(self, kept: dict[str, T]) -> None:
        self._kept = kept
        self._pending: dict[str, T | None] = {}
        self._touched = set(kept)
        self.changes = 0
        """Grows with every change."""

    def get(self, key: str) -> T | None:
        return self._pending[key] if key in self._pending else self._kept.get(key)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def put(self, key: str, value: T) -> None:
        self._pending[key] = value
        self.touch(key)

    def remove(self, key: str) -> None:
        self._pending[key] = None
        self.touch(key)

    def touch(self, key: str) -> None:
        """What follows from this value is to be worked out anew."""
        self._touched.add(key)
        self.changes += 1

    def touched(self) -> list[str]:
        """The keys of values that may have changed since this was asked last, at first all of them; sorted."""
        keys = sorted(self._touched)
        self._touched.clear()
        return keys

    def values(self) -> Iterator[T]:
        """Every value, in no order that a decision may depend on."""
        for key, value in self._kept.items():
            if key not in self._pending:
                yield value
        for pending in self._pending.values():
            if pending is not None:
                yield pending

    def keep(self) -> list[str]:
        """The keys that are there no more."""
        gone = [key for key, value in self._pending.items() if value is None]
        self._kept.update((key, value) for key, value in self._pending.items() if value is not None)
        for key in gone:
            self._kept.pop(key, None)
        self._pending.clear()
        return gone

    def drop(self) -> None:
        for key in self._pending:
            self.touch(key)
        self._pending.clear()
