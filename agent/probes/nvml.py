"""NVIDIA GPUs through the driver's own library (NVML, by nvidia-ml-py).

Every question is asked by itself: one that the card, the driver or the rights of this process do not allow gives
None and costs nothing else. NVML lists cards when it is opened, so it is opened anew when a card was lost or when
the kernel driver lists other cards than it did.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorfleet.agent.probes.process import Owners
from tensorfleet.agent.probes.xid import KernelLog, NvmlEvents, XidSource, short_pci
from tensorfleet.wire.telemetry import GpuInfo, GpuProcess, GpuTelemetry, Xid

CARDS = Path("/proc/driver/nvidia/gpus")
"""One entry for each card the kernel driver sees."""


@dataclass(slots=True)
class _Card:
    handle: Any
    info: GpuInfo
    lost: bool = False


class NvmlGpus:
    """nvml: a module like pynvml, by default pynvml itself. kernel_log: opens the kernel's log, or raises OSError."""

    def __init__(
        self,
        nvml: Any = None,
        *,
        owners: Owners | None = None,
        kernel_log: Callable[[], XidSource] = KernelLog,
        cards: Path = CARDS,
    ) -> None:
        self._nvml = nvml
        self._owners = owners or Owners()
        self._kernel_log = kernel_log
        self._listing = cards
        self._listed: frozenset[str] = frozenset()
        self._open = False
        self._cards: list[_Card] = []
        self._xids: XidSource | None = None
        self._note = ""

    @property
    def note(self) -> str:
        return self._note

    def inventory(self) -> list[GpuInfo]:
        listed = self._list()
        if self._open and (listed != self._listed or any(card.lost for card in self._cards)):
            self._shut()
        self._listed = listed
        if self._open or self._start():
            self._cards = self._look()
            self._note = "" if self._cards else "The NVIDIA driver lists no GPU that answers."
            if self._xids is None and self._cards:
                self._xids = self._watch()
        return [card.info for card in self._cards]

    def sample(self) -> list[GpuTelemetry]:
        xids: dict[str, list[Xid]] = {}
        for pci, xid in self._xids.take() if self._xids else ():
            xids.setdefault(pci, []).append(xid)
        samples = [self._measure(card, tuple(xids.get(short_pci(card.info.pci), ()))) for card in self._cards]
        self._owners.keep({process.pid for sample in samples for process in sample.processes})
        return samples

    def close(self) -> None:
        self._shut()
        if self._xids is not None:
            self._xids.close()
            self._xids = None
        self._cards = []

    def _list(self) -> frozenset[str]:
        try:
            return frozenset(entry.name for entry in self._listing.iterdir())
        except OSError:
            return frozenset()

    def _start(self) -> bool:
        if self._nvml is None:
            try:
                self._nvml = importlib.import_module("pynvml")
            except ImportError:
                self._note = "nvidia-ml-py is not installed, so NVIDIA GPUs cannot be seen."
                return False
        nvml = self._nvml
        try:
            nvml.nvmlInit()
        except nvml.NVMLError as error:
            self._cards = []
            self._note = _reason(nvml, error)
            return False
        self._open = True
        return True

    def _shut(self) -> None:
        if self._xids is not None and not self._xids.outlives_session:
            self._xids.close()
            self._xids = None
        if self._open:
            self._open = False
            try:
                self._nvml.nvmlShutdown()
            except self._nvml.NVMLError:
                pass

    def _watch(self) -> XidSource | None:
        try:
            return self._kernel_log()
        except OSError:
            pass
        try:
            return NvmlEvents(self._nvml, [card.handle for card in self._cards])
        except self._nvml.NVMLError:
            return None

    def _look(self) -> list[_Card]:
        nvml = self._nvml
        try:
            count = nvml.nvmlDeviceGetCount()
        except nvml.NVMLError:
            return []
        cards = []
        for index in range(count):
            try:
                handle = nvml.nvmlDeviceGetHandleByIndex(index)
                uuid = nvml.nvmlDeviceGetUUID(handle)
                card = _Card(handle, GpuInfo(uuid=uuid, index=index, model="", memory=0))
            except nvml.NVMLError:
                continue  # a card without identity cannot be given to anybody
            card.info = self._describe(card)
            if not card.lost:
                cards.append(card)
        return cards

    def _ask(self, card: _Card, function: str, *args: Any) -> Any:
        """The library's answer, or None. Nothing more is asked of a card that is lost."""
        if card.lost:
            return None
        nvml = self._nvml
        try:
            return getattr(nvml, function)(card.handle, *args)
        except nvml.NVMLError as error:
            card.lost = error.value == nvml.NVML_ERROR_GPU_IS_LOST
            return None

    def _describe(self, card: _Card) -> GpuInfo:
        pci = self._ask(card, "nvmlDeviceGetPciInfo")
        memory = self._memory(card)
        rows = self._ask(card, "nvmlDeviceGetRemappedRows")
        retired = rows[0] + rows[1] if rows else self._retired_pages(card)
        pending = self._ask(card, "nvmlDeviceGetRetiredPagesPendingStatus") if rows is None else rows[2]
        return GpuInfo(
            uuid=card.info.uuid,
            index=card.info.index,
            model=self._ask(card, "nvmlDeviceGetName") or "NVIDIA GPU",
            memory=int(memory.total) if memory else 0,
            pci=_text(pci.busId) if pci else "",
            mig=self._mig(card),
            power_limit_w=_thousandth(self._ask(card, "nvmlDeviceGetEnforcedPowerLimit")),
            retired=retired,
            repair_pending=None if pending is None else bool(pending),
            repair_failed=bool(rows[3]) if rows else None,
        )

    def _measure(self, card: _Card, xids: tuple[Xid, ...]) -> GpuTelemetry:
        nvml = self._nvml
        memory = self._memory(card)
        use = self._ask(card, "nvmlDeviceGetUtilizationRates")
        volatile = nvml.NVML_VOLATILE_ECC
        figures = {
            "memory_total": int(memory.total) if memory else None,
            "memory_used": int(memory.used) if memory else None,
            "utilisation": use.gpu if use else None,
            "memory_utilisation": use.memory if use else None,
            "temperature_c": self._ask(card, "nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
            "power_w": _thousandth(self._ask(card, "nvmlDeviceGetPowerUsage")),
            "power_limit_w": _thousandth(self._ask(card, "nvmlDeviceGetEnforcedPowerLimit")),
            "energy_mj": self._ask(card, "nvmlDeviceGetTotalEnergyConsumption"),
            "sm_clock_mhz": self._ask(card, "nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
            "memory_clock_mhz": self._ask(card, "nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
            "ecc_corrected": self._ask(
                card, "nvmlDeviceGetTotalEccErrors", nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, volatile
            ),
            "ecc_uncorrected": self._ask(
                card, "nvmlDeviceGetTotalEccErrors", nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, volatile
            ),
            "mig": self._mig(card),
        }
        processes = self._processes(card)
        info = card.info
        known = {} if card.lost else figures
        return GpuTelemetry(
            uuid=info.uuid,
            index=info.index,
            model=info.model,
            pci=info.pci,
            xids=xids,
            processes=() if card.lost else processes,
            lost=card.lost,
            **known,
        )

    def _memory(self, card: _Card) -> Any:
        """Version 2 leaves out what the driver keeps for itself; older drivers know only version 1."""
        newer = self._ask(card, "nvmlDeviceGetMemoryInfo", self._nvml.nvmlMemory_v2)
        return newer or self._ask(card, "nvmlDeviceGetMemoryInfo")

    def _mig(self, card: _Card) -> bool | None:
        modes = self._ask(card, "nvmlDeviceGetMigMode")
        return None if modes is None else bool(modes[0])

    def _retired_pages(self, card: _Card) -> int | None:
        nvml = self._nvml
        causes = (
            nvml.NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS,
            nvml.NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR,
        )
        pages = [self._ask(card, "nvmlDeviceGetRetiredPages", cause) for cause in causes]
        return None if all(page is None for page in pages) else sum(len(page or ()) for page in pages)

    def _processes(self, card: _Card) -> tuple[GpuProcess, ...]:
        """Asked for by version: drivers before 515 know only the second."""
        found: dict[int, GpuProcess] = {}
        for function, kind in (
            ("nvmlDeviceGetGraphicsRunningProcesses", "graphics"),
            ("nvmlDeviceGetMPSComputeRunningProcesses", "compute"),
            ("nvmlDeviceGetComputeRunningProcesses", "compute"),
        ):
            newer = self._ask(card, f"{function}_v3")
            for process in (self._ask(card, f"{function}_v2") if newer is None else newer) or ():
                owner = self._owners.of(process.pid)
                found[process.pid] = GpuProcess(
                    pid=process.pid,
                    memory=process.usedGpuMemory,
                    user=owner.user,
                    command=owner.command,
                    kind=kind,
                )
        return tuple(found[pid] for pid in sorted(found))


def _reason(nvml: Any, error: Any) -> str:
    if error.value == nvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return "No NVIDIA driver is installed on this machine (libnvidia-ml.so.1 is not there)."
    if error.value == nvml.NVML_ERROR_DRIVER_NOT_LOADED:
        return "The NVIDIA driver is installed but its kernel module is not loaded."
    return f"The NVIDIA driver does not answer: {error}."


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _thousandth(value: int | None) -> float | None:
    """Milliwatts into watts."""
    return None if value is None else value / 1000
