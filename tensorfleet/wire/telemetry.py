"""What a node has and what it measures about itself, as agents send it and REST shows it.

A figure that the machine does not offer is None, never 0. Sizes are bytes, rates bytes per second, shares percent
(0-100), and every time is Unix seconds.
"""

from __future__ import annotations

import msgspec


class GpuInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU that is there. `uuid` is its identity; `index` only its place in today's list.

    memory: total bytes. pci: bus id as "00000000:3B:00.0". mig: whether it is partitioned.
    retired: memory pages (before Ampere) or rows (since) taken out of use; repair_pending: a reset would take out
    more; repair_failed: a row could not be replaced, so the card should be exchanged.
    """

    uuid: str
    index: int
    model: str
    memory: int
    pci: str = ""
    mig: bool | None = None
    power_limit_w: float | None = None
    retired: int | None = None
    repair_pending: bool | None = None
    repair_failed: bool | None = None
    fake: bool = False


class GpuProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process on a GPU. kind: "compute" or "graphics".

    memory: bytes of the GPU it holds. user and command are empty where the process cannot be seen; command is the
    program and its script without options, because options can hold secrets.
    """

    pid: int
    memory: int | None = None
    user: str = ""
    command: str = ""
    kind: str = "compute"


class Xid(msgspec.Struct, frozen=True, kw_only=True):
    """An error the NVIDIA driver reported, numbered after NVIDIA's Xid catalogue."""

    code: int
    message: str = ""


class GpuTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU at one moment.

    energy_mj: millijoules since the driver was loaded; it falls back to 0 when the driver is reloaded.
    ecc_*: errors since the driver was loaded. xids: what the driver reported since the sample before.
    lost: the card no longer answers (it fell off the bus); it leaves the inventory at the next look.
    """

    uuid: str
    index: int
    model: str
    pci: str = ""
    memory_total: int | None = None
    memory_used: int | None = None
    utilisation: float | None = None
    memory_utilisation: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    energy_mj: int | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    ecc_corrected: int | None = None
    ecc_uncorrected: int | None = None
    mig: bool | None = None
    xids: tuple[Xid, ...] = ()
    processes: tuple[GpuProcess, ...] = ()
    lost: bool = False


class CpuTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """percent: of all cores together, None in the first sample. per_core: only where asked for."""

    cores: int
    percent: float | None = None
    per_core: tuple[float, ...] = ()
    load1: float = 0.0
    load5: float = 0.0
    load15: float = 0.0


class MemoryTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """available: what a new process could take without swapping."""

    total: int
    available: int
    used: int
    swap_total: int = 0
    swap_used: int = 0


class DiskTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """total, free: of the file system that holds the agent's data. The rates are of all disks together."""

    path: str
    total: int
    free: int
    read_rate: float | None = None
    write_rate: float | None = None


class InterfaceTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """errors: packets lost or damaged, both ways, since boot. speed_mbit: what the link was negotiated to; null for one
    that has no speed of its own, like a bridge."""

    name: str
    receive_rate: float | None = None
    send_rate: float | None = None
    errors: int = 0
    speed_mbit: int | None = None


class NodeTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One second of a node. notes: a sentence for each part that could not be measured."""

    time: float
    cpu: CpuTelemetry | None = None
    memory: MemoryTelemetry | None = None
    disk: DiskTelemetry | None = None
    network: tuple[InterfaceTelemetry, ...] = ()
    gpus: tuple[GpuTelemetry, ...] = ()
    notes: tuple[str, ...] = ()


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address other machines may reach this one at, and the interface that bears it."""

    address: str
    interface: str
    speed_mbit: int = 0


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What a node has. Equal inventories mean that nothing came or went.

    boot_id: the kernel's, new at each boot and equal for two agents on one machine. cpus: cores the agent may use.
    addresses: best first; a machine with none but the loopback says so by listing only that.
    gpu_note: why there are no GPUs, as a sentence; empty where there are some.
    """

    hostname: str
    boot_id: str
    cpus: int
    memory: int
    system: str = ""
    addresses: tuple[Address, ...] = ()
    gpus: tuple[GpuInfo, ...] = ()
    gpu_note: str = ""
