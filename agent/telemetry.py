"""One second of this node, put together from the probes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from tensorfleet.agent.probes.cpu import CpuProbe
from tensorfleet.agent.probes.disk import DiskProbe
from tensorfleet.agent.probes.memory import MemoryProbe
from tensorfleet.agent.probes.network import NetworkProbe
from tensorfleet.agent.probes.port import GpuProbe
from tensorfleet.wire.telemetry import (
    CpuTelemetry,
    DiskTelemetry,
    InterfaceTelemetry,
    MemoryTelemetry,
    NodeTelemetry,
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Probe(Protocol[T_co]):
    """Anything that measures one subject. `sample` raises OSError where the system does not let it."""

    def sample(self) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Probes:
    """Everything a node measures."""

    gpu: GpuProbe
    cpu: Probe[CpuTelemetry]
    memory: Probe[MemoryTelemetry]
    disk: Probe[DiskTelemetry]
    network: Probe[tuple[InterfaceTelemetry, ...]]

    @classmethod
    def of_this_machine(cls, gpu: GpuProbe, data_dir: Path, per_core: bool = False) -> Probes:
        return cls(gpu, CpuProbe(per_core), MemoryProbe(), DiskProbe(data_dir), NetworkProbe())


class Telemetry:
    """Asks every probe; one that fails leaves a note in the document instead of taking the rest with it."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes

    def sample(self, now: float) -> NodeTelemetry:
        """This node at `now` (Unix seconds). Takes milliseconds and never raises because of the machine."""
        notes: list[str] = []
        probes = self._probes
        return NodeTelemetry(
            time=now,
            cpu=_ask("The processor", probes.cpu.sample, notes),
            memory=_ask("Memory", probes.memory.sample, notes),
            disk=_ask("The disk", probes.disk.sample, notes),
            network=_ask("The network", probes.network.sample, notes) or (),
            gpus=tuple(probes.gpu.sample()),
            notes=tuple(notes),
        )


def _ask(subject: str, sample: Callable[[], T], notes: list[str]) -> T | None:
    try:
        return sample()
    except OSError as error:
        notes.append(f"{subject} could not be measured: {error}.")
        return None
