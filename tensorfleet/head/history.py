"""What nodes measured over the last day: means over short stretches of time, in memory, by node.

It begins anew when the head starts. The last hour is kept in stretches of 10 seconds, the last day in stretches of two
minutes: a node with 8 GPUs takes about 170 kB.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tensorfleet.wire.history import HistorySeries, HistoryView
from tensorfleet.wire.telemetry import GpuTelemetry, NodeTelemetry

LEVELS: Final = ((10, 360), (120, 720))
"""Seconds of a stretch, and how many of them are kept; finest first."""

MOST_COLUMNS: Final = 600
"""Figures kept of one node: an agent that makes GPUs up cannot fill the head's memory."""

Key = tuple[str, str, int]
"""Name of the figure; UUID and index of its GPU, or "" and -1 where it is the node's own."""

UNITS: Final = {
    "cpu": "percent",
    "memory": "bytes",
    "disk_read": "bytes/s",
    "disk_written": "bytes/s",
    "received": "bytes/s",
    "sent": "bytes/s",
    "gpu_utilisation": "percent",
    "gpu_memory": "bytes",
    "gpu_power": "watt",
    "gpu_temperature": "celsius",
}


class History:
    """clock: the head's wall clock; those of the agents may differ."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._nodes: dict[str, tuple[_Level, ...]] = {}

    def add(self, node: str, telemetry: NodeTelemetry) -> None:
        levels = self._nodes.setdefault(node, tuple(_Level(*level) for level in LEVELS))
        figures = dict(_figures(telemetry))
        for level in levels:
            level.add(self._clock(), figures)

    def forget(self, node: str) -> None:
        self._nodes.pop(node, None)

    def view(self, node: str, since: float, until: float) -> HistoryView:
        """The finest means that reach back to `since`, in Unix seconds; nothing of a node that told nothing."""
        now = self._clock()
        levels = self._nodes.get(node, ())
        for level in levels:
            if since >= now - level.every * level.most or level is levels[-1]:
                return level.view(since, until)
        return HistoryView(float(LEVELS[0][0]), [], [])


class _Level:
    """Rows of means, one for each stretch of `every` seconds in which something was measured, `most` at the most."""

    def __init__(self, every: int, most: int) -> None:
        self.every = every
        self.most = most
        self._starts: array[float] = array("d")
        self._columns: dict[Key, array[float]] = {}
        self._open = 0.0
        self._sums: dict[Key, tuple[float, int]] = {}

    def add(self, now: float, figures: Mapping[Key, float]) -> None:
        start = now - now % self.every
        if start != self._open:
            self._close()
            self._open = start
            while self._starts and self._starts[-1] >= start:  # the clock was set back
                self._drop(-1)
        for key, value in figures.items():
            if key in self._sums or len(self._sums) < MOST_COLUMNS:
                total, count = self._sums.get(key, (0.0, 0))
                self._sums[key] = (total + value, count + 1)

    def _close(self) -> None:
        if not self._sums:
            return
        blank = len(self._starts)
        for key, (total, count) in self._sums.items():
            if key not in self._columns:
                self._columns[key] = array("f", [math.nan]) * blank
            self._columns[key].append(total / count)
        self._starts.append(self._open)
        for key, column in list(self._columns.items()):
            if key not in self._sums:
                column.append(math.nan)
                if all(map(math.isnan, column)):
                    del self._columns[key]
        self._sums = {}
        if len(self._starts) > self.most:
            self._drop(0)

    def _drop(self, place: int) -> None:
        for column in (self._starts, *self._columns.values()):
            column.pop(place)

    def view(self, since: float, until: float) -> HistoryView:
        """With the stretch that is not over yet, so that the newest figure is a second old."""
        rows = [row for row, start in enumerate(self._starts) if since - self.every < start <= until]
        is_open = bool(self._sums) and since - self.every < self._open <= until
        times = [self._starts[row] for row in rows] + ([self._open] if is_open else [])
        series = []
        for key in sorted({*self._columns, *self._sums}, key=lambda key: (key[2], key[1], key[0])):
            column = self._columns.get(key)
            values = [_known(column[row]) if column else None for row in rows]
            if is_open:
                total, count = self._sums.get(key, (math.nan, 1))
                values.append(_known(total / count))
            if any(value is not None for value in values):
                name, gpu, index = key
                series.append(HistorySeries(name, UNITS[name], gpu or None, index if gpu else None, values))
        return HistoryView(float(self.every), times, series)


def _known(value: float) -> float | None:
    """Four digits: more is noise, and would be half of the answer."""
    return None if math.isnan(value) else float(f"{value:.4g}")


def _figures(told: NodeTelemetry) -> Iterator[tuple[Key, float]]:
    """What was measured; what was not is left out, for it is unknown and not 0."""
    disk = told.disk
    own = {
        "cpu": told.cpu.percent if told.cpu else None,
        "memory": told.memory.used if told.memory else None,
        "disk_read": disk.read_rate if disk else None,
        "disk_written": disk.write_rate if disk else None,
        "received": _sum(each.receive_rate for each in told.network),
        "sent": _sum(each.send_rate for each in told.network),
    }
    for name, value in own.items():
        if value is not None and math.isfinite(value):
            yield (name, "", -1), float(value)
    for gpu in told.gpus:
        for name, value in _of_gpu(gpu).items():
            if value is not None and math.isfinite(value):
                yield (name, gpu.uuid, gpu.index), float(value)


def _of_gpu(gpu: GpuTelemetry) -> dict[str, float | None]:
    return {
        "gpu_utilisation": gpu.utilisation,
        "gpu_memory": gpu.memory_used,
        "gpu_power": gpu.power_w,
        "gpu_temperature": gpu.temperature_c,
    }


def _sum(rates: Iterator[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None
