"""What the nodes are doing, encoded at most once a second for all who watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from tensorfleet.head.bus import ACTIVITY, EVENTS, Bus
from tensorfleet.head.http.sse import frame
from tensorfleet.head.registry import Registry

PERIOD: Final = 1.0
"""Seconds between two looks at the nodes."""


class Activity:
    """now: seconds of a clock that never goes back."""

    def __init__(self, registry: Registry, bus: Bus, now: Callable[[], float]) -> None:
        self._registry = registry
        self._bus = bus
        self._now = now
        self._looked = -PERIOD
        self._seen = (-1, -1)
        self._turn = 0
        self._frames: dict[str, tuple[int, bytes, bytes]] = {}

    def since(self, turn: int) -> tuple[int, list[bytes]]:
        """The SSE messages of nodes that changed after `turn` (0: all of them), and the present turn."""
        self._look()
        return self._turn, [message for at, _, message in self._frames.values() if at > turn]

    def _look(self) -> None:
        news = (self._bus.count(ACTIVITY), self._bus.count(EVENTS))
        if news == self._seen or self._now() - self._looked < PERIOD:
            return
        self._seen, self._looked = news, self._now()
        self._turn += 1
        before, self._frames = self._frames, {}
        for view in self._registry.workers():
            data = msgspec.json.encode(view)
            at, old, message = before.get(view.id, (0, b"", b""))
            same = data == old
            self._frames[view.id] = (at, old, message) if same else (self._turn, data, frame("worker", data))
