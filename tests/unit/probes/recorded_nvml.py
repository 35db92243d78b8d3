"""What NVML answered on a machine with two H100s, in the shape of the pynvml module.

Constants and error types are pynvml's own. `fail_at` makes the n-th call fail, `gone` takes cards off the bus.
"""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any

import pynvml

GIB = 2**30
UUIDS = ["GPU-1d7a0d2c-5f0b-4b8e-9f0e-0c6f3f1f7a11", "GPU-82b4a5f7-93c1-4d0a-8b6d-5be2a1b0c922"]


class RecordedNvml:
    def __init__(self, uuids: list[str] | None = None, unsupported: set[str] | None = None) -> None:
        self.uuids = list(UUIDS) if uuids is None else uuids
        self.unsupported = unsupported or set()
        self.gone: set[str] = set()
        self.events: deque[tuple[int, int]] = deque()
        self.sessions = 0
        self.calls = 0
        self.fail_at = 0
        self._answers: dict[str, Any] = {
            "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3",
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * GIB, used=3 * GIB, free=77 * GIB),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=97, memory=41),
            "nvmlDeviceGetTemperature": 63,
            "nvmlDeviceGetPowerUsage": 612_345,
            "nvmlDeviceGetEnforcedPowerLimit": 700_000,
            "nvmlDeviceGetTotalEnergyConsumption": 123_456_789_012,
            "nvmlDeviceGetClockInfo": 1980,
            "nvmlDeviceGetTotalEccErrors": 2,
            "nvmlDeviceGetMigMode": [0, 0],
            "nvmlDeviceGetRemappedRows": (1, 0, 1, 0),
            "nvmlDeviceGetRetiredPages": [4096, 8192],
            "nvmlDeviceGetRetiredPagesPendingStatus": 0,
            "nvmlDeviceGetGraphicsRunningProcesses_v3": [],
            "nvmlDeviceGetMPSComputeRunningProcesses_v3": [],
            "nvmlDeviceGetComputeRunningProcesses_v3": [SimpleNamespace(pid=1, usedGpuMemory=2 * GIB)],
        }

    def __getattr__(self, name: str) -> Any:
        if name in self._answers:
            return lambda handle, *args: self._answer(name, handle)
        return getattr(pynvml, name)

    def _call(self, name: str) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
        if name in self.unsupported:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def _answer(self, name: str, handle: str) -> Any:
        self._call(name)
        if handle in self.gone:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return self._answers[name]

    def nvmlInit(self) -> None:
        self._call("nvmlInit")
        self.sessions += 1

    def nvmlShutdown(self) -> None:
        self._call("nvmlShutdown")

    def nvmlDeviceGetCount(self) -> int:
        self._call("nvmlDeviceGetCount")
        return len(self.uuids)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        self._call("nvmlDeviceGetHandleByIndex")
        return self.uuids[index]

    def nvmlDeviceGetUUID(self, handle: str) -> str:
        self._call("nvmlDeviceGetUUID")
        return handle

    def nvmlDeviceGetPciInfo(self, handle: str) -> SimpleNamespace:
        self._answers.setdefault("nvmlDeviceGetPciInfo", None)
        self._answer("nvmlDeviceGetPciInfo", handle)
        return SimpleNamespace(busId=f"00000000:{0x3B + self.uuids.index(handle):02X}:00.0")

    nvmlDeviceGetPciInfo_v3 = nvmlDeviceGetPciInfo

    def nvmlEventSetCreate(self) -> object:
        self._call("nvmlEventSetCreate")
        return object()

    def nvmlDeviceRegisterEvents(self, handle: str, kinds: int, event_set: object) -> None:
        self._call("nvmlDeviceRegisterEvents")

    def nvmlEventSetWait_v2(self, event_set: object, timeout_ms: int) -> SimpleNamespace:
        assert timeout_ms == 0, "a probe never waits"
        self._call("nvmlEventSetWait_v2")
        if not self.events:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_TIMEOUT)
        index, code = self.events.popleft()
        return SimpleNamespace(device=self.uuids[index], eventData=code)

    def nvmlEventSetFree(self, event_set: object) -> None:
        self._call("nvmlEventSetFree")
