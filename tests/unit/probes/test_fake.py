"""Fake GPUs behave like cards: the same ones every time, warm and thirsty when held."""

from __future__ import annotations

import os

from tensorfleet.agent.probes.fake import HELD_MEMORY, IDLE_MEMORY, FakeGpus, uuid_of
from tensorfleet.agent.probes.port import GpuProbe


def test_a_node_has_the_same_fake_gpus_after_a_restart_and_no_other_node_has_them() -> None:
    probe: GpuProbe = FakeGpus("ada", 4)
    uuids = [gpu.uuid for gpu in probe.inventory()]
    assert uuids == [gpu.uuid for gpu in FakeGpus("ada", 4).inventory()]
    assert len({*uuids, *(gpu.uuid for gpu in FakeGpus("bob", 4).inventory())}) == 8
    assert all(gpu.fake for gpu in probe.inventory())


def test_a_held_gpu_is_busy_and_its_neighbour_is_not() -> None:
    now = [0.0]
    held: dict[str, tuple[int, ...]] = {}
    probe = FakeGpus("ada", 2, held=lambda: held, clock=lambda: now[0])
    idle = probe.sample()
    held[uuid_of("ada", 1)] = (os.getpid(),)
    now[0] = 60.0
    neighbour, busy = probe.sample()
    assert (neighbour.memory_used, busy.memory_used) == (IDLE_MEMORY, HELD_MEMORY)
    assert (neighbour.utilisation, neighbour.processes) == (0, ())
    assert busy.utilisation is not None
    assert busy.utilisation > 80
    assert busy.power_w is not None
    assert 500 < busy.power_w < 700
    assert busy.temperature_c is not None
    assert idle[1].temperature_c is not None
    assert busy.temperature_c > idle[1].temperature_c + 20
    assert [process.pid for process in busy.processes] == [os.getpid()]
    assert "python" in busy.processes[0].command or "pytest" in busy.processes[0].command
    held.clear()
    assert probe.sample()[1].memory_used == IDLE_MEMORY, "memory is back to idle at once"


def test_the_energy_counter_is_power_over_time() -> None:
    now = [0.0]
    probe = FakeGpus("ada", 1, clock=lambda: now[0])
    for _ in range(10):
        now[0] += 1.0
        gpu = probe.sample()[0]
    assert gpu.energy_mj is not None
    assert 10 * 67_000 < gpu.energy_mj < 10 * 73_000


def test_no_fake_gpus_is_said_so() -> None:
    probe = FakeGpus("ada", 0)
    assert (probe.inventory(), probe.sample()) == ([], [])
    assert probe.note == "No fake GPUs were asked for."
    probe.close()
