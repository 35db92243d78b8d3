"""The NVML probe: all there is where all is well, and the rest where something is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pynvml
import pytest
from recorded_nvml import GIB, UUIDS, RecordedNvml

from tensorfleet.agent.probes.nvml import NvmlGpus
from tensorfleet.agent.probes.xid import KernelLog, XidSource
from tensorfleet.wire.telemetry import Xid


def _no_kernel_log() -> XidSource:
    raise PermissionError("not yours")


def _probe(nvml: Any, cards: Path = Path("/nowhere")) -> NvmlGpus:
    return NvmlGpus(nvml, kernel_log=_no_kernel_log, cards=cards)


def test_the_inventory_names_each_card_by_uuid() -> None:
    probe = _probe(RecordedNvml())
    first, second = probe.inventory()
    assert (first.uuid, second.uuid) == tuple(UUIDS)
    assert (first.model, first.memory, first.pci) == ("NVIDIA H100 80GB HBM3", 80 * GIB, "00000000:3B:00.0")
    assert (first.mig, first.power_limit_w) == (False, 700.0)
    assert (first.retired, first.repair_pending, first.repair_failed) == (1, True, False)
    assert probe.note == ""


def test_a_sample_has_every_figure_in_its_unit() -> None:
    probe = _probe(RecordedNvml())
    probe.inventory()
    gpu = probe.sample()[1]
    assert (gpu.memory_total, gpu.memory_used) == (80 * GIB, 3 * GIB)
    assert (gpu.utilisation, gpu.memory_utilisation, gpu.temperature_c) == (97, 41, 63)
    assert (gpu.power_w, gpu.power_limit_w, gpu.energy_mj) == (612.345, 700.0, 123_456_789_012)
    assert (gpu.sm_clock_mhz, gpu.memory_clock_mhz) == (1980, 1980)
    assert (gpu.ecc_corrected, gpu.ecc_uncorrected, gpu.mig, gpu.lost) == (2, 2, False, False)
    assert [(process.pid, process.memory, process.user) for process in gpu.processes] == [(1, 2 * GIB, "root")]


def test_cards_before_ampere_count_retired_pages() -> None:
    probe = _probe(RecordedNvml(unsupported={"nvmlDeviceGetRemappedRows"}))
    gpu = probe.inventory()[0]
    assert (gpu.retired, gpu.repair_pending, gpu.repair_failed) == (4, False, None)


QUESTIONS = {
    "nvmlDeviceGetUtilizationRates": ("utilisation", "memory_utilisation"),
    "nvmlDeviceGetTemperature": ("temperature_c",),
    "nvmlDeviceGetPowerUsage": ("power_w",),
    "nvmlDeviceGetEnforcedPowerLimit": ("power_limit_w",),
    "nvmlDeviceGetTotalEnergyConsumption": ("energy_mj",),
    "nvmlDeviceGetClockInfo": ("sm_clock_mhz", "memory_clock_mhz"),
    "nvmlDeviceGetTotalEccErrors": ("ecc_corrected", "ecc_uncorrected"),
    "nvmlDeviceGetMigMode": ("mig",),
    "nvmlDeviceGetMemoryInfo": ("memory_total", "memory_used"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_card_does_not_support_is_none_and_nothing_else_is(question: str) -> None:
    probe = _probe(RecordedNvml(unsupported={question}))
    probe.inventory()
    missing = {name for name, value in _figures(probe.sample()[0]).items() if value is None}
    assert missing == set(QUESTIONS[question])


def test_any_single_failing_call_leaves_the_rest() -> None:
    calm = RecordedNvml()
    probe = _probe(calm)
    probe.inventory()
    before = calm.calls
    whole = probe.sample()
    each = (calm.calls - before) // 2
    for n in range(1, calm.calls + 1):
        nvml = RecordedNvml()
        nvml.fail_at = n
        probe = _probe(nvml)
        found = probe.inventory()
        samples = probe.sample()
        assert len(samples) == len(found)
        if n > before:
            missing = sum(a != b for gpu, same in zip(samples, whole, strict=True) for a, b in _pairs(gpu, same))
            assert missing <= 2, f"call {n} of {calm.calls} ({each} for each card) took more than itself"
        probe.inventory()
        probe.close()


def test_a_card_off_the_bus_is_marked_lost_once_and_then_leaves_the_inventory() -> None:
    nvml = RecordedNvml()
    probe = _probe(nvml)
    probe.inventory()
    nvml.gone = {UUIDS[0]}
    lost, fine = probe.sample()
    assert lost.lost
    assert all(value is None for value in _figures(lost).values())
    assert not fine.lost
    assert fine.power_w == 612.345
    assert [gpu.uuid for gpu in probe.inventory()] == [UUIDS[1]]
    assert nvml.sessions == 2, "NVML lists cards only when it is opened"
    assert [gpu.uuid for gpu in probe.sample()] == [UUIDS[1]]


def test_a_card_that_came_is_found_without_a_restart(tmp_path: Path) -> None:
    (tmp_path / "0000:3b:00.0").mkdir()
    nvml = RecordedNvml(UUIDS[:1])
    probe = _probe(nvml, tmp_path)
    assert [gpu.uuid for gpu in probe.inventory()] == UUIDS[:1]
    assert [gpu.uuid for gpu in probe.inventory()] == UUIDS[:1]
    assert nvml.sessions == 1, "nothing changed, so nothing is opened anew"
    (tmp_path / "0000:3c:00.0").mkdir()
    nvml.uuids.insert(0, UUIDS[1])
    assert [(gpu.uuid, gpu.index) for gpu in probe.inventory()] == [(UUIDS[1], 0), (UUIDS[0], 1)]
    assert nvml.sessions == 2


def test_without_a_driver_there_are_no_gpus_and_a_reason() -> None:
    class NoDriver(RecordedNvml):
        def nvmlInit(self) -> None:
            raise pynvml.NVMLError(self.why)

        why = pynvml.NVML_ERROR_LIBRARY_NOT_FOUND

    nvml = NoDriver()
    probe = _probe(nvml)
    assert (probe.inventory(), probe.sample()) == ([], [])
    assert "No NVIDIA driver is installed" in probe.note
    nvml.why = pynvml.NVML_ERROR_DRIVER_NOT_LOADED
    probe.inventory()
    assert "kernel module is not loaded" in probe.note
    nvml.why = pynvml.NVML_ERROR_UNKNOWN
    probe.inventory()
    assert "does not answer" in probe.note
    probe.close()


def test_nvml_tells_of_xids_where_the_kernel_log_is_closed() -> None:
    nvml = RecordedNvml()
    probe = _probe(nvml)
    probe.inventory()
    nvml.events.extend([(1, 94), (1, 63)])
    first, second = probe.sample()
    assert (first.xids, second.xids) == ((), (Xid(code=94), Xid(code=63)))
    assert probe.sample()[1].xids == ()


def test_the_kernel_log_tells_of_the_xid_that_took_a_card_off_the_bus(tmp_path: Path) -> None:
    log = tmp_path / "kmsg"
    log.write_bytes(b"4,1,1,-;NVRM: Xid (PCI:0000:3b:00): 31, old news\n")
    nvml = RecordedNvml()
    probe = NvmlGpus(nvml, kernel_log=lambda: KernelLog(log), cards=tmp_path / "none")
    probe.inventory()
    with log.open("ab") as kernel:
        kernel.write(b"3,9,7,-;NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', GPU has fallen off the bus.\n")
    nvml.gone = {UUIDS[0]}
    lost, fine = probe.sample()
    assert lost.lost
    assert lost.xids == (Xid(code=79, message="pid='<unknown>', GPU has fallen off the bus."),)
    assert fine.xids == ()
    probe.close()
    probe.close()


def _figures(gpu: Any) -> dict[str, Any]:
    return {name: getattr(gpu, name) for names in QUESTIONS.values() for name in names}


def _pairs(gpu: Any, same: Any) -> list[tuple[Any, Any]]:
    return [(getattr(gpu, name), getattr(same, name)) for name in gpu.__struct_fields__]
