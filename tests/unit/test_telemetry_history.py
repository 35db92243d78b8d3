"""What nodes measured over time: means that say no more than was measured, in bounded memory, whatever clocks do."""

from __future__ import annotations

import math
import tracemalloc

from tensorfleet.head.history import LEVELS, MOST_COLUMNS, History
from tensorfleet.wire.history import HistoryView
from tensorfleet.wire.telemetry import (
    CpuTelemetry,
    DiskTelemetry,
    GpuTelemetry,
    InterfaceTelemetry,
    MemoryTelemetry,
    NodeTelemetry,
)


class Told:
    """A history whose clock the test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.history = History(lambda: self.now)

    def tell(self, telemetry: NodeTelemetry, *, after: float = 1.0, node: str = "n") -> None:
        self.now += after
        self.history.add(node, telemetry)

    def view(self, since: float = 0.0, node: str = "n") -> HistoryView:
        return self.history.view(node, since, self.now)


def cpu(percent: float | None) -> NodeTelemetry:
    return NodeTelemetry(time=0.0, cpu=CpuTelemetry(cores=2, percent=percent))


def gpus(count: int, power: float | None = 100.0, name: str = "g") -> NodeTelemetry:
    return NodeTelemetry(
        time=0.0,
        cpu=CpuTelemetry(cores=2, percent=1.0),
        memory=MemoryTelemetry(total=2, available=1, used=1),
        disk=DiskTelemetry(path="/", total=2, free=1, read_rate=1.0, write_rate=2.0),
        network=(
            InterfaceTelemetry(name="a", receive_rate=3.0, send_rate=None),
            InterfaceTelemetry(name="b", receive_rate=4.0, send_rate=None),
        ),
        gpus=tuple(
            GpuTelemetry(
                uuid=f"{name}{index}",
                index=index,
                model="X",
                utilisation=50.0,
                memory_used=2**30,
                power_w=power,
                temperature_c=40.0,
            )
            for index in range(count)
        ),
    )


def test_a_stretch_is_the_mean_of_what_was_told_in_it() -> None:
    told = Told()
    for percent in range(20):
        told.tell(cpu(float(percent)))
    view = told.view(told.now - 60)
    assert view.every == 10
    assert view.times == [1_000_000.0, 1_000_010.0, 1_000_020.0]
    (series,) = view.series
    assert (series.name, series.unit, series.gpu) == ("cpu", "percent", None)
    assert series.values == [4.0, 13.5, 19.0], "the last stretch is not over, and shows all the same"


def test_what_was_not_measured_is_null_and_not_zero() -> None:
    told = Told()
    told.tell(cpu(5.0))
    told.tell(gpus(1, power=None), after=10)
    told.tell(cpu(math.nan), after=10)
    told.tell(cpu(None), after=10)
    told.tell(gpus(1), after=10)
    view = told.view(told.now - 60)
    found = {(series.name, series.gpu): series.values for series in view.series}
    assert len(view.times) == 3
    assert found["cpu", None] == [5.0, 1.0, 1.0]
    assert found["gpu_power", "g0"] == [None, None, 100.0]
    assert found["received", None] == [None, 7.0, 7.0], "of all interfaces together"
    assert ("sent", None) not in found


def test_the_last_hour_is_fine_and_the_last_day_is_bounded() -> None:
    told = Told()
    for minute in range(26 * 60):
        told.tell(cpu(minute % 10), after=60)
    fine, day = told.view(told.now - 3600), told.view(told.now - 86400)
    assert (fine.every, day.every) == (10, 120)
    assert len(fine.times) <= 61
    assert day.times[0] >= told.now - 24 * 3600 - 240
    assert len(told.view(0.0).times) <= LEVELS[1][1] + 1
    assert all(math.isfinite(value or 0) for series in day.series for value in series.values)


def test_a_clock_that_is_set_back_goes_on_from_there() -> None:
    told = Told()
    for percent in (1.0, 2.0, 3.0):
        told.tell(cpu(percent), after=10)
    told.tell(cpu(9.0), after=-25)
    told.tell(cpu(8.0), after=10)
    times = told.view(told.now - 600).times
    assert times == sorted(set(times))
    assert told.view(told.now - 600).series[0].values[-1] == 8.0


def test_a_gpu_that_is_gone_is_forgotten_in_the_end() -> None:
    told = Told()
    told.tell(gpus(1, name="old"))
    for _ in range(LEVELS[0][1] + 2):
        told.tell(gpus(1, name="new"), after=10)
    names = {series.gpu for series in told.view(told.now - 3590).series}
    assert names == {None, "new0"}


def test_memory_is_bounded_by_node_and_by_figures() -> None:
    told = Told()
    tracemalloc.start()
    for _ in range(LEVELS[0][1] + 10):
        told.tell(gpus(8), after=10)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    rows = LEVELS[0][1] + LEVELS[1][1]
    assert used < rows * 38 * 4 * 2, "four bytes for each figure, and as much again at most"
    told.tell(gpus(MOST_COLUMNS), after=10)
    assert len(told.view(told.now - 5).series) <= MOST_COLUMNS
    told.history.forget("n")
    assert told.view() == HistoryView(10.0, [], [])
