"""What a node measured over time, as REST shows it."""

from __future__ import annotations

import msgspec


class HistorySeries(msgspec.Struct, frozen=True):
    """name: cpu, memory, disk_read, disk_written, received, sent, or gpu_ with utilisation, memory, power, temperature.

    unit: percent, bytes, bytes/s, watt or celsius. gpu, index: UUID and place of the GPU; null where it is the node's
    own. values: a mean for each of the times; null where nothing was measured.
    """

    name: str
    unit: str
    gpu: str | None
    index: int | None
    values: list[float | None]


class HistoryView(msgspec.Struct, frozen=True):
    """every: seconds that each mean is over. times: when each of these stretches begins, in Unix seconds."""

    every: float
    times: list[float]
    series: list[HistorySeries]
