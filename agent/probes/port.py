"""What every kind of GPU probe can do."""

from __future__ import annotations

from typing import Protocol

from tensorfleet.wire.telemetry import GpuInfo, GpuTelemetry


class GpuProbe(Protocol):
    """GPUs of this machine. No method raises because of a GPU: what cannot be had is left out or None."""

    @property
    def note(self) -> str:
        """Why the last inventory was empty, as a sentence; empty where it was not."""

    def inventory(self) -> list[GpuInfo]:
        """Look anew: GPUs that came are in it, those that left are not."""

    def sample(self) -> list[GpuTelemetry]:
        """The GPUs of the last inventory, now. One that stopped answering is there once more, marked lost."""

    def close(self) -> None:
        """Let go of the driver. Closing twice is harmless."""
