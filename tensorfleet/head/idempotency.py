"""A request that is sent twice, because its answer was lost, takes effect once.

After the IETF draft "The Idempotency-Key HTTP Header Field": the key is remembered with a fingerprint of what it
stood for, in the same transaction as what came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final
from weakref import WeakValueDictionary

from tensorfleet.errors import Conflict, InvalidRequest
from tensorfleet.store.port import Delete, Put, Store, Write

COLLECTION: Final = "idempotency"
LIFE: Final = 7 * 86400.0
"""Seconds that a key is remembered."""

LONGEST: Final = 255
"""Characters in a key."""


class Idempotency:
    """now: unix seconds."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def name(self, user: str, key: str) -> str:
        """What `key` is remembered under; keys of two users never meet. Raises InvalidRequest."""
        if not 1 <= len(key) <= LONGEST or not key.isprintable():
            raise InvalidRequest(f"Idempotency-Key: has to be 1 to {LONGEST} printable characters.")
        return sha256(f"{user}\0{key}".encode(errors="replace")).hexdigest()

    def lock(self, name: str) -> asyncio.Lock:
        """Hold it from `seen` until what came of it is durable, so that of two at once the second sees the first."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        return lock

    def seen(self, name: str, fingerprint: str) -> str | None:
        """What came of the same request before, or None. Raises Conflict if it was another request."""
        doc = self._store.get(COLLECTION, name)
        if doc is None:
            return None
        if doc["fingerprint"] != fingerprint:
            raise Conflict(
                "This Idempotency-Key was used for another request.", "Send a new key with each new request."
            )
        result: str = doc["result"]
        return result

    def remember(self, name: str, fingerprint: str, result: str) -> Sequence[Write]:
        """The writes that remember it, and forget a few of the oldest."""
        now = self._now()
        oldest = self._store.page(COLLECTION, after=None, limit=8, newest_first=False)
        over = [Delete(COLLECTION, doc["id"]) for doc in oldest if doc["at"] < now - LIFE]
        doc = {"fingerprint": fingerprint, "result": result, "at": now, "order": f"{now:020.6f}-{name}"}
        return [*over, Put(COLLECTION, name, doc)]
