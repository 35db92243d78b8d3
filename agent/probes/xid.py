"""Errors the NVIDIA driver reports ("Xid"), by the PCI bus id of the card they came from.

The kernel's log is read where this process may: it has every Xid with its words, and still has those of a card that
fell off the bus, which NVML cannot tell about any more. Elsewhere NVML's event set is asked; it gives the critical
ones, by number. Only one of the two is used, so nothing is counted twice.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from tensorfleet.wire.telemetry import Xid

KMSG = Path("/dev/kmsg")
RECORD = 8192
MOST = 256
"""Records read, or events taken, at one go: a card in trouble can write thousands a second."""

_XID = re.compile(r"NVRM: Xid \(PCI:([0-9a-fA-F:.]+)\): (\d+)(?:, ?(.*))?")


class XidSource(Protocol):
    """outlives_session: it goes on when NVML is closed and opened anew."""

    outlives_session: ClassVar[bool]

    def take(self) -> list[tuple[str, Xid]]:
        """What was reported since the last call, as (PCI bus id in `short_pci` form, Xid). Never waits."""

    def close(self) -> None: ...


def short_pci(bus_id: str) -> str:
    """One form for the bus ids of kernel ("0000:3b:00") and NVML ("00000000:3B:00.0"): "0000:3b:00"."""
    domain, _, rest = bus_id.lower().partition(":")
    return f"{domain[-4:].rjust(4, '0')}:{rest.partition('.')[0]}"


def parse(line: str) -> tuple[str, Xid] | None:
    """The Xid that a line of the kernel's log tells of, if it does."""
    found = _XID.search(line)
    if found is None:
        return None
    return short_pci(found[1]), Xid(code=int(found[2]), message=(found[3] or "").strip()[:200])


class KernelLog:
    """Reads the kernel's log from now on. Raises OSError where this process may not."""

    outlives_session: ClassVar[bool] = True

    def __init__(self, path: Path = KMSG) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.lseek(self._fd, 0, os.SEEK_END)
        self._torn = b""

    def take(self) -> list[tuple[str, Xid]]:
        data = self._torn
        for _ in range(MOST):
            try:
                record = os.read(self._fd, RECORD)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno == errno.EPIPE:  # the ring overtook us; the next read goes on at its oldest record
                    continue
                break
            if not record:
                break
            data += record
        whole, end, self._torn = data.rpartition(b"\n")
        lines = (whole + end).decode(errors="replace").splitlines()
        return [found for line in lines if (found := parse(line))]

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class NvmlEvents:
    """NVML's event set over the cards of `handles`. Raises the library's NVMLError where there is none."""

    outlives_session: ClassVar[bool] = False

    def __init__(self, nvml: Any, handles: Iterable[Any]) -> None:
        self._nvml = nvml
        self._set = nvml.nvmlEventSetCreate()
        for handle in handles:
            try:
                nvml.nvmlDeviceRegisterEvents(handle, nvml.nvmlEventTypeXidCriticalError, self._set)
            except nvml.NVMLError:
                continue

    def take(self) -> list[tuple[str, Xid]]:
        nvml = self._nvml
        found = []
        for _ in range(MOST):
            try:
                event = nvml.nvmlEventSetWait_v2(self._set, 0)
                bus_id = nvml.nvmlDeviceGetPciInfo_v3(event.device).busId
            except nvml.NVMLError:
                break
            text = bus_id.decode() if isinstance(bus_id, bytes) else bus_id
            found.append((short_pci(text), Xid(code=int(event.eventData))))
        return found

    def close(self) -> None:
        try:
            self._nvml.nvmlEventSetFree(self._set)
        except self._nvml.NVMLError:
            pass
