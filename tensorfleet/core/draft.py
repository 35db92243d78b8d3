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

    def get(self, key: str) -> T | None:
        return self._pending[key] if key in self._pending else self._kept.get(key)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def put(self, key: str, value: T) -> None:
        self._pending[key] = value
        self._touched.add(key)

    def remove(self, key: str) -> None:
        self._pending[key] = None
        self._touched.add(key)

    def touch(self, key: str) -> None:
        """What follows from this value is to be worked out anew."""
        self._touched.add(key)

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

    def keep(self) -> None:
        for key, value in self._pending.items():
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value
        self._pending.clear()

    def drop(self) -> None:
        self._touched.update(self._pending)
        self._pending.clear()
