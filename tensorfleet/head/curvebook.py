"""Metric points of all jobs, in a database of their own. What is not a finite number is kept and shown as null.

Points are declared lossy by one second: they are many, and each is worth little. A point has its place by job,
attempt, rank, source, name and step, so sending it again replaces it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isfinite
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from tensorfleet.errors import StoreFull
from tensorfleet.head.bus import Bus, curves_of
from tensorfleet.head.room import Room
from tensorfleet.wire.messages import CurvePoint
from tensorfleet.wire.rest import MetricsView, Series

_SCHEMA = """
CREATE TABLE IF NOT EXISTS points (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL, attempt INTEGER NOT NULL, rank INTEGER NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
    step INTEGER NOT NULL, time REAL NOT NULL, value REAL,
    UNIQUE (job, attempt, rank, source, name, step)
);
"""
_FAR = 2**63 - 1
Point = tuple[int, float, float | None]
"""Step, unix time, value."""

Source = Literal["sdk", "tensorboard", "lines"]
_SOURCES: tuple[Source, ...] = ("sdk", "tensorboard", "lines")


def thinned(points: list[Point], most: int) -> list[Point]:
    """At most `most` (2 or more) of `points`: the first, the last, and of each stretch between them the lowest and the
    highest, so that no peak is lost. Those that are no number go first."""
    if len(points) <= most:
        return points
    between, stretches = points[1:-1], (most - 2) // 2
    kept = [points[0]]
    for number in range(stretches):
        stretch = between[number * len(between) // stretches : (number + 1) * len(between) // stretches]
        known = [(value, step, at) for step, at, value in stretch if value is not None]
        ends = {min(known), max(known)} if known else ()
        kept += [(step, at, value) for value, step, at in sorted(ends, key=itemgetter(1))]
    return [*kept, points[-1]]


class CurveBook:
    """Appends and reads on one thread of its own."""

    def __init__(self, path: Path, bus: Bus, room: Room | None = None) -> None:
        self._bus = bus
        self._room = room or Room()
        self._thread = ThreadPoolExecutor(1, "curvebook")
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        self._thread.shutdown()
        self._base.close()

    async def append(self, job: str, attempt: int, points: Sequence[CurvePoint]) -> None:
        self._room.check()
        if points:
            await self._work(self._append, job, attempt, points)
            self._bus.poke(curves_of(job))

    async def series(
        self,
        job: str,
        *,
        name: str = "",
        rank: int | None = None,
        points: int = 500,
        first: int | None = None,
        last: int | None = None,
    ) -> MetricsView:
        """Every curve of `job`, the best source of each, thinned to at most `points`. first, last: steps."""
        steps = (-_FAR if first is None else first, _FAR if last is None else last)
        found: MetricsView = await self._work(self._series, job, name, rank, points, steps)
        return found

    async def after(self, job: str, row: int, limit: int) -> list[tuple[int, Series]]:
        """Points that came after `row`, oldest first, each with its row."""
        found: list[tuple[int, Series]] = await self._work(self._after, job, row, limit)
        return found

    async def _work(self, what: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, what, *arguments)

    def _append(self, job: str, attempt: int, points: Sequence[CurvePoint]) -> None:
        rows = [
            (job, attempt, p.rank, p.source, p.name, p.step, p.time, p.value if isfinite(p.value) else None)
            for p in points
        ]
        try:
            self._base.execute("BEGIN")
            self._base.executemany(
                "INSERT OR REPLACE INTO points (job, attempt, rank, source, name, step, time, value)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._base.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise StoreFull(f"The disk takes no more metric points: {error}.") from error

    def _series(self, job: str, name: str, rank: int | None, points: int, steps: tuple[int, int]) -> MetricsView:
        (newest,) = self._base.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence").fetchone()
        chosen: dict[tuple[str, int], Source] = {}
        rows = self._base.execute("SELECT DISTINCT name, rank, source FROM points WHERE job = ?", (job,))
        for curve, of, source in rows:
            if (name and curve != name) or (rank is not None and of != rank):
                continue
            best = chosen.get((curve, of))
            if best is None or _SOURCES.index(source) < _SOURCES.index(best):
                chosen[curve, of] = source
        curves = (self._curve(job, curve, of, chosen[curve, of], points, steps) for curve, of in sorted(chosen))
        return MetricsView([curve for curve in curves if curve.points], newest)

    def _curve(self, job: str, name: str, rank: int, source: Source, points: int, steps: tuple[int, int]) -> Series:
        # A later attempt goes over the steps of an earlier one again: its points are the valid ones.
        rows = self._base.execute(
            "SELECT step, time, value, MAX(attempt) FROM points WHERE job = ? AND rank = ? AND source = ? AND name = ?"
            " AND step BETWEEN ? AND ? GROUP BY step ORDER BY step",
            (job, rank, source, name, *steps),
        ).fetchall()
        shown = thinned([(step, at, value) for step, at, value, _ in rows], points)
        return Series(name, rank, source, shown, shown[-1][2] if shown else None, len(rows))

    def _after(self, job: str, row: int, limit: int) -> list[tuple[int, Series]]:
        rows = self._base.execute(
            "SELECT row, name, rank, source, step, time, value FROM points"
            " WHERE job = ? AND row > ? ORDER BY row LIMIT ?",
            (job, row, limit),
        )
        return [
            (number, Series(name, rank, source, [(step, at, value)], value, 1))
            for number, name, rank, source, step, at, value in rows
        ]
