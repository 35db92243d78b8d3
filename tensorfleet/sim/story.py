"""What happened, for whoever reads a failure: kept as it came, put into words only when somebody asks."""

from __future__ import annotations

from collections import deque

REMEMBERED = 4000
"""The last events of a run."""


class Story:
    def __init__(self) -> None:
        self._events: deque[tuple[float, str, tuple[object, ...]]] = deque(maxlen=REMEMBERED)

    def tell(self, at: float, text: str, *parts: object) -> None:
        """`text` with a place `{}` for each of `parts`."""
        self._events.append((at, text, parts))

    def __str__(self) -> str:
        return "\n".join(f"{at:9.3f}  {text.format(*parts)}" for at, text, parts in self._events)
