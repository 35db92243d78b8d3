"""How much of the machine's memory is taken."""

from __future__ import annotations

import psutil

from tensorfleet.wire.telemetry import MemoryTelemetry


class MemoryProbe:
    def sample(self) -> MemoryTelemetry:
        ram = psutil.virtual_memory()
        swap = psutil.swap_memory()
        return MemoryTelemetry(
            total=ram.total,
            available=ram.available,
            used=ram.total - ram.available,
            swap_total=swap.total,
            swap_used=swap.used,
        )
