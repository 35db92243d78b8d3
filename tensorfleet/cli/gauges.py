"""What a node measures, in lines a person reads."""

from __future__ import annotations

from collections.abc import Iterator

from tensorfleet.cli.human import size
from tensorfleet.wire.telemetry import GpuTelemetry, NodeTelemetry


def gauges(measured: NodeTelemetry) -> Iterator[str]:
    """A line for each part that could be measured; nothing is shown as zero that is not known."""
    if cpu := measured.cpu:
        share = "" if cpu.percent is None else f"{cpu.percent:.0f} % of "
        yield f"cpu      {share}{cpu.cores} cores, load {cpu.load1:.2f} {cpu.load5:.2f} {cpu.load15:.2f}"
    if memory := measured.memory:
        yield f"memory   {size(memory.used)} of {size(memory.total)}"
    if disk := measured.disk:
        yield f"disk     {size(disk.free)} free of {size(disk.total)}{_rates(disk.read_rate, disk.write_rate)}"
    for one in measured.network:
        yield f"network  {one.name}{_rates(one.receive_rate, one.send_rate)}"
    for gpu in measured.gpus:
        yield from _gpu(gpu)
    for note in measured.notes:
        yield f"note     {note}"


def _gpu(gpu: GpuTelemetry) -> Iterator[str]:
    figures = [
        _figure(gpu.utilisation, "{:.0f} %"),
        "" if gpu.memory_used is None else f"{size(gpu.memory_used)} of {size(gpu.memory_total or 0)}",
        _figure(gpu.temperature_c, "{:.0f} °C"),
        _figure(gpu.power_w, "{:.0f} W"),
        _figure(gpu.sm_clock_mhz, "{:.0f} MHz"),
        "" if gpu.energy_mj is None else f"{gpu.energy_mj / 3.6e9:.3f} kWh since the driver was loaded",
        "" if not gpu.ecc_uncorrected else f"{gpu.ecc_uncorrected} uncorrected ECC errors",
        "lost: it no longer answers" if gpu.lost else "",
        *(f"Xid {xid.code} {xid.message}".strip() for xid in gpu.xids),
    ]
    yield f"gpu {gpu.index:<4} {gpu.model}: {', '.join(figure for figure in figures if figure)}"
    for process in gpu.processes:
        used = "" if process.memory is None else f", {size(process.memory)}"
        yield f"         pid {process.pid} of {process.user or 'unknown'}: {process.command or '?'}{used}"


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _rates(incoming: float | None, outgoing: float | None) -> str:
    if incoming is None or outgoing is None:
        return ""
    return f", {size(incoming)}/s in, {size(outgoing)}/s out"
