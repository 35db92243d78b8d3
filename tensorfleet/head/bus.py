"""Who waits for news is woken here, and then reads what is new from where it is kept.

Nothing is queued for a listener, so a slow one costs no memory and none can miss anything: the news itself lies
in the store, the log book or the curve book, and each listener keeps its own place in it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

EVENTS = "events"
ACTIVITY = "activity"


def logs_of(job: str) -> str:
    return f"logs/{job}"


def curves_of(job: str) -> str:
    return f"curves/{job}"


class Bus:
    """Counts the news of each topic and wakes its listeners."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, asyncio.Event] = {}
        self.closed = False

    def poke(self, topic: str) -> None:
        """There is something new under `topic`."""
        self._counts[topic] += 1
        waiting = self._waiting.pop(topic, None)
        if waiting:
            waiting.set()

    def count(self, topic: str) -> int:
        """How often `topic` was poked; take it before reading, then wait for more with `changed`."""
        return self._counts.get(topic, 0)

    async def changed(self, topic: str, seen: int, patience: float) -> bool:
        """Waits until `topic` was poked more than `seen` times. False after `patience` seconds or at the close."""
        if self.count(topic) != seen or self.closed:
            return not self.closed
        waiting = self._waiting.setdefault(topic, asyncio.Event())
        try:
            async with asyncio.timeout(patience):
                await waiting.wait()
        except TimeoutError:
            return False
        return not self.closed

    def forget(self, topic: str) -> None:
        """Nobody will poke `topic` again."""
        self.poke(topic)
        del self._counts[topic]

    def close(self) -> None:
        """Wakes every listener for the last time."""
        self.closed = True
        for waiting in self._waiting.values():
            waiting.set()
        self._waiting.clear()
