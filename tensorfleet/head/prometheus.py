"""The head's numbers for Prometheus: counted as requests pass, or read from the fleet when they are asked for.

Names follow Prometheus' own rules (base units, `_total` for counters). No label ever holds what a user typed, so that
their number stays bounded.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from tensorfleet import __version__
from tensorfleet.core.job import JobState
from tensorfleet.core.node import NodeState
from tensorfleet.errors import NotFound
from tensorfleet.head.passtimes import BOUNDS, PassTimes
from tensorfleet.head.records import JOBS
from tensorfleet.head.services import Services
from tensorfleet.store.port import Doc
from tensorfleet.wire.rest import GpuView, WorkerView

MEDIA: Final = CONTENT_TYPE_LATEST

HTTP_BOUNDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
WAIT_BOUNDS: Final = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 6 * 3600.0, 86400.0)
"""Seconds."""


class Telemetry:
    """since: the last event before this head started; waits of jobs that started after it are counted."""

    def __init__(self, since: int) -> None:
        self._registry = CollectorRegistry()
        self._fleet = _FleetCollector()
        self._registry.register(self._fleet)
        self._place = since
        self._requests = Histogram(
            "tensorfleet_http_request_duration_seconds",
            "How long the head took to answer, streams not counted.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=HTTP_BOUNDS,
        )
        self._waits = Histogram(
            "tensorfleet_job_queue_wait_seconds",
            "From the submit of a job to the start of its first attempt.",
            registry=self._registry,
            buckets=WAIT_BOUNDS,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. route: the pattern, not the path."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    async def expose(self, services: Services) -> bytes:
        """All numbers as of now, in Prometheus' text format."""
        await self._count_waits(services)
        self._fleet.services = services
        return generate_latest(self._registry)

    async def _count_waits(self, services: Services) -> None:
        while events := await services.store.events(after=self._place, limit=1000):
            for event in events:
                if event["kind"] == "job.starting" and event["data"].get("attempt") == 1:
                    self._count_wait(services, event)
            self._place = events[-1]["id"]

    def _count_wait(self, services: Services, event: Doc) -> None:
        try:
            job, _ = services.shell.job(event["job"])
        except NotFound:
            return
        self._waits.observe(max(0.0, event["at"] - job.submitted))


class _FleetCollector(Collector):
    """Reads the fleet at the moment of the scrape."""

    def __init__(self) -> None:
        self.services: Services | None = None

    def collect(self) -> Iterator[Metric]:
        if self.services is None:
            return
        services = self.services
        info = GaugeMetricFamily("tensorfleet_head_info", "The head's version.", labels=("version", "fleet"))
        info.add_metric((__version__, services.fleet), 1)
        yield info
        yield _gauge("tensorfleet_head_start_time_seconds", "When the head started.", services.started)
        yield CounterMetricFamily("tensorfleet_events", "Events ever recorded.", value=services.store.last_event())
        yield from _jobs(services)
        yield from _passes(services.shell.passes)
        workers = services.registry.workers()
        yield from _nodes(workers)
        yield from _gpus(workers)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _jobs(services: Services) -> Iterator[Metric]:
    states: Counter[str] = Counter({state.value: 0 for state in JobState})

    def count(doc: Doc) -> bool:
        states[doc["state"]] += 1
        return False

    services.store.find(JOBS, count)
    jobs = GaugeMetricFamily("tensorfleet_jobs", "Jobs by state.", labels=("state",))
    for state, number in states.items():
        jobs.add_metric((state,), number)
    yield jobs
    waiting = [job.submitted for job in services.shell.control.fleet.waiting()]
    longest = max(0.0, time.time() - min(waiting)) if waiting else 0.0
    yield _gauge("tensorfleet_queue_longest_wait_seconds", "Since when the oldest queued job waits.", longest)


def _passes(passes: PassTimes) -> Iterator[Metric]:
    bounds = [str(each) for each in BOUNDS]
    times = HistogramMetricFamily(
        "tensorfleet_scheduler_pass_duration_seconds",
        "How long a pass of the scheduler took.",
        buckets=list(zip([*bounds, "+Inf"], accumulate(passes.counts), strict=True)),
        sum_value=passes.seconds,
    )
    yield times
    yield CounterMetricFamily("tensorfleet_scheduler_placements", "Attempts that were begun.", value=passes.placed)
    text = "Jobs that had to make room for others."
    yield CounterMetricFamily("tensorfleet_scheduler_preemptions", text, value=passes.preempted)


def _nodes(workers: list[WorkerView]) -> Iterator[Metric]:
    states = Counter({state.value: 0 for state in NodeState})
    states.update(worker.state for worker in workers)
    nodes = GaugeMetricFamily("tensorfleet_nodes", "Nodes by state.", labels=("state",))
    for state, number in states.items():
        nodes.add_metric((state,), number)
    yield nodes
    members = [worker for worker in workers if worker.state != NodeState.PENDING]
    slots = GaugeMetricFamily("tensorfleet_node_slots", "CPU slots of a node.", labels=("node", "state"))
    cpu = GaugeMetricFamily("tensorfleet_node_cpu_ratio", "Share of a node's CPUs in use.", labels=("node",))
    used = GaugeMetricFamily("tensorfleet_node_memory_used_bytes", "Memory in use on a node.", labels=("node",))
    for worker in members:
        slots.add_metric((worker.name, "free"), worker.slots_free)
        slots.add_metric((worker.name, "held"), worker.slots - worker.slots_free)
        _add(cpu, (worker.name,), worker.cpu, 0.01)
        _add(used, (worker.name,), worker.memory_used)
    yield from (slots, cpu, used)


def _gpus(workers: list[WorkerView]) -> Iterator[Metric]:
    labels = ("node", "gpu")
    held = GaugeMetricFamily("tensorfleet_gpu_held", "1 while a job holds the GPU.", labels=labels)
    busy = GaugeMetricFamily("tensorfleet_gpu_utilisation_ratio", "Share of time a kernel ran.", labels=labels)
    memory = GaugeMetricFamily("tensorfleet_gpu_memory_used_bytes", "Memory in use on a GPU.", labels=labels)
    heat = GaugeMetricFamily("tensorfleet_gpu_temperature_celsius", "Temperature of a GPU.", labels=labels)
    power = GaugeMetricFamily("tensorfleet_gpu_power_watts", "Power drawn by a GPU.", labels=labels)
    for worker in workers:
        for gpu in worker.gpus:
            _gpu(gpu, (worker.name, gpu.uuid), held, busy, memory, heat, power)
    yield from (held, busy, memory, heat, power)


def _gpu(
    gpu: GpuView,
    labels: tuple[str, str],
    held: GaugeMetricFamily,
    busy: GaugeMetricFamily,
    memory: GaugeMetricFamily,
    heat: GaugeMetricFamily,
    power: GaugeMetricFamily,
) -> None:
    held.add_metric(labels, gpu.job is not None)
    _add(busy, labels, gpu.utilisation, 0.01)
    _add(memory, labels, gpu.memory_used)
    _add(heat, labels, gpu.temperature)
    _add(power, labels, gpu.power)


def _add(family: GaugeMetricFamily, labels: tuple[str, ...], value: float | None, scale: float = 1) -> None:
    if value is not None:
        family.add_metric(labels, value * scale)
