"""Room on the disk that holds the agent's data, and how busy the disks are."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tensorfleet.agent.probes.rate import Rates
from tensorfleet.wire.telemetry import DiskTelemetry


class DiskProbe:
    """data_dir: any path on the file system to watch; it has to exist. clock: monotonic seconds."""

    def __init__(self, data_dir: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = data_dir
        self._clock = clock
        self._rates = Rates()

    def sample(self) -> DiskTelemetry:
        """Raises OSError where the path is gone."""
        room = shutil.disk_usage(self._path)
        io = psutil.disk_io_counters(nowrap=False)
        now = self._clock()
        return DiskTelemetry(
            path=str(self._path),
            total=room.total,
            free=room.free,
            read_rate=self._rates.per_second("read", io.read_bytes, now) if io else None,
            write_rate=self._rates.per_second("write", io.write_bytes, now) if io else None,
        )
