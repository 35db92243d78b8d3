"""The agent's composition root: makes every part once, runs them together, owns signals and the exit code."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tensorfleet import __version__
from tensorfleet.agent.blobs import Blobs
from tensorfleet.agent.inventory import Stock
from tensorfleet.agent.joining.enrol import Enrolment, enrol
from tensorfleet.agent.link import Link
from tensorfleet.agent.probes.fake import FakeGpus
from tensorfleet.agent.probes.nvml import NvmlGpus
from tensorfleet.agent.probes.port import GpuProbe
from tensorfleet.agent.probes.process import of_a_job
from tensorfleet.agent.python import Pythons
from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.sweeping import Sweeper
from tensorfleet.agent.telemetry import Probes, Telemetry
from tensorfleet.agent.watch.gpus import FREE, Condition, Conditions
from tensorfleet.agent.watch.gputest import examine
from tensorfleet.agent.watch.sicklist import SickList
from tensorfleet.agent.work import Work
from tensorfleet.config.agent import AgentSettings
from tensorfleet.config.paths import make_data_dir
from tensorfleet.obs import logging as obs
from tensorfleet.store.lock import DirectoryLock
from tensorfleet.wire.labels import parse_labels
from tensorfleet.wire.messages import (
    OLDEST,
    PROTOCOL,
    AssignTask,
    CheckpointAnswer,
    CurvesKept,
    ForgetTask,
    GpuFact,
    GpuTested,
    HaltTask,
    HeadMessage,
    Hello,
    InventoryReport,
    LaunchTask,
    LogsKept,
    NodeFacts,
    Refused,
    TelemetryReport,
    TestGpus,
    Welcome,
)
from tensorfleet.wire.telemetry import GpuInfo, Inventory

log = logging.getLogger(__name__)

TELEMETRY = 1.0
"""Seconds between two measurements."""


def run(settings: AgentSettings) -> int:
    """Runs the agent until SIGTERM or SIGINT; jobs go on without it. The exit code is that of the command."""
    obs.setup(settings.log_level, settings.log_json, sys.stderr)
    make_data_dir(settings.data_dir)
    lock = DirectoryLock(settings.data_dir / "agent.lock")
    lock.take()
    try:
        return asyncio.run(_main(settings))
    finally:
        lock.release()


async def _main(settings: AgentSettings) -> int:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    agent = asyncio.ensure_future(_serve(settings))
    waiting = asyncio.ensure_future(ended.wait())
    await asyncio.wait([agent, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not agent.done():
        agent.cancel()
        await asyncio.wait([agent])
        log.info("agent ends; its jobs go on")
        return 0
    error = agent.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error
    return 0


async def _serve(settings: AgentSettings) -> None:
    held: Callable[[], dict[str, list[int]]] = dict
    gpus: GpuProbe = NvmlGpus()
    if settings.fake_gpus:
        trouble = settings.data_dir / "fake-gpus.json"
        gpus = FakeGpus(settings.name, settings.fake_gpus, held=lambda: held(), trouble=trouble)
    stock = Stock(gpus, time.monotonic())
    telemetry = Telemetry(Probes.of_this_machine(gpus, settings.data_dir))
    slots = settings.slots if settings.slots is not None else stock.current.cpus
    ranks = Ranks(settings.data_dir / "ranks")
    enrolment = await enrol(settings)
    agent = _Agent(settings, enrolment, ranks, stock, telemetry, slots)
    held = agent.work.held
    await ranks.start()
    try:
        if settings.warm:
            ranks.warm.prepare(sys.executable)
        async with asyncio.TaskGroup() as tasks:
            agent.work.begin(tasks)
            tasks.create_task(agent.link.run())
            tasks.create_task(agent.measure())
            tasks.create_task(agent.sweeper.run())
            tasks.create_task(agent.test())
            tasks.create_task(enrolment.keep_fresh(agent.link.call))
    except asyncio.CancelledError:
        agent.work.rest()
        raise
    finally:
        await ranks.close()
        gpus.close()


class _Agent:
    """The parts, wired."""

    def __init__(
        self,
        settings: AgentSettings,
        enrolment: Enrolment,
        ranks: Ranks,
        stock: Stock,
        telemetry: Telemetry,
        slots: int,
    ) -> None:
        self._stock = stock
        self._telemetry = telemetry
        self._slots = slots
        self._labels = parse_labels(filter(None, settings.labels.split(",")), "labels")
        self._ranks = ranks
        self._sick = SickList(settings.data_dir / "sick-gpus.json")
        self._gpus = Conditions(of_a_job, self._sick.sick)
        self._conditions = {uuid: Condition("sick", note) for uuid, note in self._sick.sick.items()}
        self._looked = asyncio.Event()
        self._asked: asyncio.Queue[TestGpus] = asyncio.Queue()
        self._told = stock.current
        self.link = Link(enrolment.find, enrolment.credentials, self._hello, self._receive, self._up)
        blobs = Blobs(settings.data_dir / "blobs", self.link)
        self.sweeper = Sweeper(settings.data_dir, blobs, settings.cache * 2**30)
        self._fill = self.sweeper.fill
        threads = max(1, stock.current.cpus // max(1, slots))
        pythons = Pythons(settings.data_dir / "sdk")
        self.work = Work(settings.data_dir, self.link, blobs, ranks, pythons, threads, settings.warm)
        self.work.sickness = self._sickness

    async def measure(self) -> None:
        """Telemetry each second, and the inventory when it changed."""
        while True:
            await asyncio.sleep(TELEMETRY)
            if not self.link.connected:
                continue
            measured = self._telemetry.sample(time.time())
            self.link.send(TelemetryReport(measured))
            now = time.monotonic()
            cards = self._stock.renew(now, measured) or self._stock.current
            conditions = self._gpus.look(now, cards.gpus, measured.gpus, self.work.held())
            self._looked.set()
            disk = measured.disk
            fill = self.sweeper.look(disk.free, disk.total) if disk else self._fill
            self._sick.keep(conditions)
            if cards is not self._told or conditions != self._conditions or fill is not self._fill:
                self._told, self._conditions, self._fill = cards, conditions, fill
                self.link.send(InventoryReport(self._facts(), self.work.brain.states()))

    async def test(self) -> None:
        """Tests the sick GPUs whenever somebody asks, for ever."""
        while True:
            asked = await self._asked.get()
            for card in self._stock.current.gpus:
                if self._sickness(card.uuid):
                    passed, text = await examine(card, self._gpus, self._look)
                    log.info("a sick GPU was tested", extra=obs.fields(gpu=card.uuid, passed=passed, what=text))
                    self.link.send(GpuTested(card.index, card.uuid, passed, text[:1000], asked.by))

    async def _look(self) -> None:
        self._looked.clear()
        await self._looked.wait()

    def _sickness(self, uuid: str) -> str:
        condition = self._conditions.get(uuid, FREE)
        return condition.note if condition.state == "sick" else ""

    def _hello(self) -> Hello:
        return Hello(PROTOCOL, OLDEST, self._facts(), self.work.brain.states())

    def _facts(self) -> NodeFacts:
        have: Inventory = self._stock.current
        return NodeFacts(
            hostname=have.hostname,
            machine=f"{have.boot_id}/{_network()}",
            addresses=tuple(address.address for address in have.addresses),
            version=__version__,
            slots=self._slots,
            cpus=float(have.cpus),
            memory=have.memory,
            gpus=tuple(_fact(gpu, self._conditions.get(gpu.uuid, FREE)) for gpu in have.gpus),
            containment=self._ranks.containment.sentence,
            labels=self._labels,
            disk=self.sweeper.fill.value,
        )

    def _up(self, welcome: Welcome) -> None:
        print(f"Connected to the fleet as {welcome.name}.", flush=True)  # noqa: T201
        self.work.reconnected()

    def _receive(self, message: HeadMessage) -> None:
        match message:
            case AssignTask() | LaunchTask() | HaltTask() | ForgetTask():
                self.work.handle(message)
            case LogsKept() | CurvesKept() | CheckpointAnswer():
                self.work.kept(message)
            case TestGpus():
                self._asked.put_nowait(message)
            case Refused():
                log.warning("the head refused a message", extra=obs.fields(error=message.detail))
            case _:
                log.warning("a message that is not for now", extra=obs.fields(message=type(message).__name__))


def _fact(gpu: GpuInfo, condition: Condition) -> GpuFact:
    return GpuFact(gpu.uuid, gpu.index, gpu.model, gpu.memory, condition.state, condition.note[:500])


def _network() -> int:
    """The network namespace: two agents that share it, and only they, meet on the loopback."""
    return Path("/proc/self/ns/net").stat().st_ino
