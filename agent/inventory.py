"""What this node has, looked at again and again: cards come and go, cables are moved."""

from __future__ import annotations

from tensorfleet.agent.probes import host
from tensorfleet.agent.probes.port import GpuProbe
from tensorfleet.wire.telemetry import Inventory, NodeTelemetry

EVERY = 10.0
"""Seconds between two looks where nothing hints at a change."""


def take(gpu: GpuProbe) -> Inventory:
    """This machine, now."""
    found = gpu.inventory()
    return Inventory(
        hostname=host.hostname(),
        boot_id=host.boot_id(),
        cpus=host.cpus(),
        memory=host.memory(),
        system=host.system(),
        addresses=host.addresses(),
        gpus=tuple(found),
        gpu_note=gpu.note,
    )


class Stock:
    """Tells when the inventory changed. `current` is the newest one."""

    def __init__(self, gpu: GpuProbe, now: float, every: float = EVERY) -> None:
        self._gpu = gpu
        self._every = every
        self._looked = now
        self.current = take(gpu)

    def renew(self, now: float, seen: NodeTelemetry | None = None) -> Inventory | None:
        """The new inventory where it differs from the one before, else None.

        Looks at the machine every `every` seconds (`now` is monotonic), and at once where `seen` has a lost GPU.
        """
        lost = seen is not None and any(gpu.lost for gpu in seen.gpus)
        if not lost and now - self._looked < self._every:
            return None
        self._looked = now
        fresh = take(self._gpu)
        if fresh == self.current:
            return None
        self.current = fresh
        return fresh
