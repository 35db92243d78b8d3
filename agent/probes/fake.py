"""`--fake-gpus N`: GPUs that are not there, for trying everything without hardware.

Their identity follows from the node's name, so it survives a restart; what they measure follows from time and from
which of them are held, so it can be told in advance.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tensorfleet.agent.probes.process import Owners
from tensorfleet.wire.telemetry import GpuInfo, GpuProcess, GpuTelemetry, Xid

MODEL = "TensorFleet Fake GPU"
MEMORY = 80 * 2**30
IDLE_MEMORY = 512 * 2**20
HELD_MEMORY = 48 * 2**30
IDLE_W, HELD_W, LIMIT_W = 70.0, 560.0, 700.0
ROOM_C, DEGREES_PER_W = 28.0, 0.075
WARMING_S = 20.0
"""The time in which a card covers two thirds of the way to its new temperature."""

Held = Callable[[], Mapping[str, Sequence[int]]]
"""The GPUs a job holds now: UUID to the pids of the ranks on it."""


def uuid_of(node: str, index: int) -> str:
    """The fake GPU's identity, in NVML's form."""
    digest = hashlib.sha256(f"{node}/{index}".encode()).hexdigest()
    return f"GPU-{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


class _Trouble(msgspec.Struct):
    xids: tuple[Xid, ...] | None = None
    memory_used: int | None = None
    processes: tuple[GpuProcess, ...] | None = None
    lost: bool | None = None


@dataclass(slots=True)
class _State:
    temperature: float = ROOM_C + IDLE_W * DEGREES_PER_W
    energy_mj: float = field(default=0.0)


class FakeGpus:
    """A body of the GpuProbe port. clock: seconds of any kind; held: see Held. trouble: a file that says what goes
    wrong, while it is there."""

    def __init__(
        self,
        node: str,
        count: int,
        *,
        held: Held = dict,
        clock: Callable[[], float] = time.monotonic,
        owners: Owners | None = None,
        trouble: Path | None = None,
    ) -> None:
        self._trouble = trouble
        self._gpus = [
            GpuInfo(
                uuid=uuid_of(node, index),
                index=index,
                model=MODEL,
                memory=MEMORY,
                pci=f"00000000:{index + 1:02X}:00.0",
                mig=False,
                power_limit_w=LIMIT_W,
                retired=0,
                repair_pending=False,
                repair_failed=False,
                fake=True,
            )
            for index in range(count)
        ]
        self._held = held
        self._clock = clock
        self._owners = owners or Owners()
        self._last = clock()
        self._states = {gpu.uuid: _State() for gpu in self._gpus}

    @property
    def note(self) -> str:
        return "" if self._gpus else "No fake GPUs were asked for."

    def inventory(self) -> list[GpuInfo]:
        return list(self._gpus)

    def sample(self) -> list[GpuTelemetry]:
        now = self._clock()
        passed = max(0.0, now - self._last)
        self._last = now
        held = self._held()
        self._owners.keep({pid for pids in held.values() for pid in pids})
        troubles = self._troubles()
        samples = [self._measure(gpu, held.get(gpu.uuid), now, passed) for gpu in self._gpus]
        return [msgspec.structs.replace(s, **troubles.get(str(s.index), {})) for s in samples]

    def _troubles(self) -> dict[str, dict[str, Any]]:
        """What `trouble` says the cards measure instead, by index; to be tried by people, too:
        `{"0": {"xids": [{"code": 79}], "memory_used": 9000000000, "processes": [{"pid": 1, "memory": 5}]}}`."""
        if self._trouble is None or not self._trouble.exists():
            return {}
        said = msgspec.json.decode(self._trouble.read_bytes(), type=dict[str, _Trouble])
        return {
            index: {name: value for name, value in msgspec.structs.asdict(each).items() if value is not None}
            for index, each in said.items()
        }

    def close(self) -> None:
        pass

    def _measure(self, gpu: GpuInfo, pids: Sequence[int] | None, now: float, passed: float) -> GpuTelemetry:
        busy = pids is not None
        wave = math.sin(now / 7.0 + gpu.index)
        power = HELD_W + 40.0 * wave if busy else IDLE_W + 2.0 * wave
        state = self._states[gpu.uuid]
        state.energy_mj += power * passed * 1000
        aim = ROOM_C + power * DEGREES_PER_W
        state.temperature += (aim - state.temperature) * (1 - math.exp(-passed / WARMING_S))
        return GpuTelemetry(
            uuid=gpu.uuid,
            index=gpu.index,
            model=gpu.model,
            pci=gpu.pci,
            memory_total=gpu.memory,
            memory_used=HELD_MEMORY if busy else IDLE_MEMORY,
            utilisation=round(93 + 5 * wave) if busy else 0,
            memory_utilisation=round(55 + 10 * wave) if busy else 0,
            temperature_c=round(state.temperature),
            power_w=round(power, 1),
            power_limit_w=LIMIT_W,
            energy_mj=round(state.energy_mj),
            sm_clock_mhz=1755 if busy else 345,
            memory_clock_mhz=2619 if busy else 1593,
            ecc_corrected=0,
            ecc_uncorrected=0,
            mig=False,
            processes=tuple(self._process(pid, len(pids)) for pid in sorted(pids)) if pids else (),
        )

    def _process(self, pid: int, share: int) -> GpuProcess:
        user, command = self._owners.of(pid)
        return GpuProcess(pid=pid, memory=(HELD_MEMORY - IDLE_MEMORY) // share, user=user, command=command)
