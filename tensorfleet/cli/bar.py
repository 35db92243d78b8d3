"""A progress bar with a rate, on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from tensorfleet.cli.human import size, span

WIDTH = 24
EVERY = 0.1


class Bar:
    """title: what is being done. total: bytes, 0 for unknown. Drawn on stderr, and gone at the end.

    Nothing is drawn for the first moments, so that short work stays silent.
    """

    def __init__(self, title: str, total: int = 0, quiet: bool = False) -> None:
        self._title = title
        self._done, self._total = 0, total
        self._start = self._drawn = time.monotonic()
        self._silent = quiet or not sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def add(self, count: int) -> None:
        self.set(self._done + count, self._total)

    def set(self, done: int, total: int, title: str = "") -> None:
        """title: a new one begins a new phase, with a rate of its own."""
        now = time.monotonic()
        if title and title != self._title:
            self._title, self._start = title, now
        self._done, self._total = done, total
        if self._silent or now - self._drawn < EVERY:
            return
        self._drawn, self._shown = now, True
        sys.stderr.write(f"\r\x1b[K{self.text(now - self._start)}")
        sys.stderr.flush()

    def text(self, elapsed: float) -> str:
        rate = self._done / max(elapsed, 1e-3)
        if not self._total:
            return f"{self._title}  {size(self._done)}  {size(rate)}/s"
        share = min(1.0, self._done / self._total)
        full = int(WIDTH * share)
        left = span((self._total - self._done) / rate) if rate else "?"
        bar = "█" * full + "░" * (WIDTH - full)
        return (
            f"{self._title}  {bar} {share:4.0%}  {size(self._done)} of {size(self._total)}  {size(rate)}/s  {left} left"
        )
