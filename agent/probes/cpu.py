"""How busy the processor is."""

from __future__ import annotations

import os

import psutil

from tensorfleet.wire.telemetry import CpuTelemetry


class CpuProbe:
    """Use of the cores since the sample before. per_core: give each core's share too."""

    def __init__(self, per_core: bool = False) -> None:
        self._per_core = per_core
        self._last: list[tuple[float, float]] = []

    def sample(self) -> CpuTelemetry:
        counted = psutil.cpu_times(percpu=True) if self._per_core else [psutil.cpu_times(percpu=False)]
        times = [(sum(t[:8]), t.idle + getattr(t, "iowait", 0.0)) for t in counted]
        shares = _shares(self._last, times)
        self._last = times
        load1, load5, load15 = os.getloadavg()
        return CpuTelemetry(
            cores=os.cpu_count() or 1,
            percent=round(sum(shares) / len(shares), 1) if shares else None,
            per_core=tuple(shares) if self._per_core else (),
            load1=load1,
            load5=load5,
            load15=load15,
        )


def _shares(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> list[float]:
    """Percent busy for each (all, idle) pair; nothing where cores came or went, or no time went by."""
    if len(before) != len(after):
        return []
    shares = []
    for (all_before, idle_before), (all_after, idle_after) in zip(before, after, strict=True):
        whole = all_after - all_before
        if whole <= 0:
            return []
        shares.append(round(100.0 * min(1.0, max(0.0, 1.0 - (idle_after - idle_before) / whole)), 1))
    return shares
