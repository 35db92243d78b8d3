"""Counters that only grow, turned into rates."""

from __future__ import annotations


class Rates:
    """Remembers the last reading of each counter.

    A counter's first reading, one without time in between and one that fell (a reset) give None.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, float]] = {}

    def per_second(self, name: str, value: float, now: float) -> float | None:
        """How fast `name` grew since its last reading, in units of `value` per second; `now` is monotonic."""
        before = self._last.get(name)
        self._last[name] = (now, value)
        if before is None or now <= before[0] or value < before[1]:
            return None
        return (value - before[1]) / (now - before[0])

    def keep(self, names: set[str]) -> None:
        """Forget every counter not in `names`."""
        for name in self._last.keys() - names:
            del self._last[name]
