"""Carries out what the agent's brain decides: prepares tasks, starts and ends ranks, brings home what they leave.

Every outcome goes back to the brain as another happening. One task of the agent's TaskGroup belongs to each thing
under way, so nothing fails unseen.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tensorfleet.agent import decide
from tensorfleet.agent.blobs import Blobs, remove_tree
from tensorfleet.agent.checkpoints.keeper import Checkpoints
from tensorfleet.agent.completion import completion_of, disk_sentence, is_full
from tensorfleet.agent.environment import Place, rank_environment
from tensorfleet.agent.link import Broken, Link
from tensorfleet.agent.output.curves import Curves
from tensorfleet.agent.output.shipping import Shipping
from tensorfleet.agent.ports import Reservation, local_address_towards
from tensorfleet.agent.probes.host import interface_of
from tensorfleet.agent.python import Pythons
from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.ranks.shim_handle import Shim
from tensorfleet.agent.ranks.task import Finished, LogGrew, RankSpec, ShimLost, Started, TaskFile
from tensorfleet.agent.taskdir import TaskDir
from tensorfleet.agent.watch.hang import Hang, Watch, folder_of
from tensorfleet.errors import Corrupt, InvalidRequest, TensorFleetError
from tensorfleet.obs.logging import fields
from tensorfleet.wire.messages import (
    AssignTask,
    CheckpointAnswer,
    CurvesKept,
    LogsKept,
    ReportTaskCompletion,
)

log = logging.getLogger(__name__)

LAST_GRACE = 2.0
"""Seconds after SIGTERM for ranks that had their time to end by themselves and did not."""


DEATHS = 2
"""Agents that have to have died over a task that is not ready until it is refused."""

NEXT_LOOK = 1.2
"""Seconds within which a GPU that went sick is known to be."""


@dataclass(slots=True)
class _Running:
    """What belongs to one task while it is here. end: asked for before there was a shim. ended: its ranks are over.
    until: by the loop's clock, when ranks that were asked to end have had their time. pids: each rank's process.
    gpus: the UUIDs it holds. resume: checkpoints to go on from. saved: the head has those that its ranks saved.
    watch: of its steps. hang: what was seen when they stopped coming."""

    dir: TaskDir
    port: Reservation | None = None
    shim: Shim | None = None
    shipping: Shipping | None = None
    delivered: asyncio.Event = field(default_factory=asyncio.Event)
    end: decide.EndRanks | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    until: float | None = None
    resume: tuple[Path, ...] = ()
    watch: Watch | None = None
    hang: Hang | None = None
    saved: asyncio.Event = field(default_factory=asyncio.Event)
    pids: dict[int, int] = field(default_factory=dict)
    gpus: tuple[str, ...] = ()


class Work:
    """threads: CPU threads that are one slot's share. warm: whether ranks may be forked from warm workers."""

    def __init__(
        self, data_dir: Path, link: Link, blobs: Blobs, ranks: Ranks, pythons: Pythons, threads: int, warm: bool
    ) -> None:
        self._data_dir = data_dir
        self._runs = data_dir / "runs"
        self._link = link
        self._blobs = blobs
        self._ranks = ranks
        self._pythons = pythons
        self._threads = threads
        self._warm = warm
        self.sickness: Callable[[str], str] = lambda uuid: ""
        """What is wrong with a GPU, by its UUID; empty while it is well."""
        self._checkpoints = Checkpoints(data_dir / "checkpoints", blobs, link)
        self._tasks: asyncio.TaskGroup | None = None
        self._running: dict[str, _Running] = {}
        self.brain = decide.Brain()

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Takes up what an earlier agent left, with `tasks` as the owner of everything under way."""
        self._tasks = tasks
        self._runs.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._runs.iterdir()):
            found = TaskDir(path).found()
            if found is None:
                remove_tree(path)
                continue
            self.brain.adopt(found)
            self._running[found.assign.alloc] = _Running(TaskDir(path))
            if found.phase is decide.Phase.PREPARING:
                self._spawn(self._prepare(found.assign, TaskDir(path).taken_up()))
            elif found.phase is decide.Phase.RUNNING:
                self._spawn(self._adopt(found.assign))
        self._clear_checkpoints()

    def rest(self) -> None:
        """This agent was asked to end; what it has not prepared yet is the next one's."""
        for alloc, running in self._running.items():
            if self.brain.tasks[alloc].phase is decide.Phase.PREPARING and running.dir.path.exists():
                running.dir.rest()

    def handle(self, what: decide.Happening) -> None:
        """Something happened: decide, and do."""
        for action in self.brain.handle(what):
            self._do(action)

    def held(self) -> dict[str, list[int]]:
        """The GPUs that ranks hold now, by UUID, with their processes."""
        return {uuid: list(running.pids.values()) for running in self._running.values() for uuid in running.gpus}

    def kept(self, answer: LogsKept | CurvesKept | CheckpointAnswer) -> None:
        """The head has what was sent."""
        if isinstance(answer, CheckpointAnswer):
            self._checkpoints.answered(answer)
            return
        running = self._running.get(answer.alloc)
        if running and running.shipping:
            running.shipping.acknowledged(answer)

    def reconnected(self) -> None:
        """A session is up: everything unacknowledged is reported, every delivery goes on."""
        self.handle(decide.Connected())
        for running in self._running.values():
            if running.shipping:
                running.shipping.poke()

    def _spawn(self, what: Coroutine[None, None, None]) -> None:
        if self._tasks is None:
            raise RuntimeError("begin() comes first")
        self._tasks.create_task(what)

    def _do(self, action: decide.Action) -> None:
        match action:
            case decide.Prepare(assign):
                self._running[assign.alloc] = _Running(TaskDir(self._runs / assign.alloc))
                self._spawn(self._prepare(assign))
            case decide.StartRanks(assign, master):
                self._spawn(self._start(assign, master))
            case decide.EndRanks():
                self._spawn(self._end(action))
            case decide.Drain(alloc):
                self._spawn(self._drain(alloc))
            case decide.Remove(alloc):
                running = self._running.pop(alloc)
                self._spawn(asyncio.to_thread(remove_tree, running.dir.path))
                self._clear_checkpoints()
            case decide.Report(message):
                if isinstance(message, ReportTaskCompletion) and message.alloc in self._running:
                    self._remember(message)
                self._link.send(message)

    def _remember(self, message: ReportTaskCompletion) -> None:
        try:
            self._running[message.alloc].dir.complete(message)
        except OSError as error:
            # Told all the same: only an agent that dies before the head has it will find out anew how it ended.
            log.warning("the end of a task is not on disk", extra=fields(alloc=message.alloc, error=str(error)))

    async def _prepare(self, assign: AssignTask, times: int = 0) -> None:
        """times: how many agents took it up before it was ready."""
        running = self._running[assign.alloc]
        if times >= DEATHS:
            return self.handle(decide.NotPrepared(assign.alloc, f"{times} agents died preparing it.", fault=True))
        try:
            running.dir.make(assign)
            await self._pythons.check(assign.venv)
            if assign.code:
                await self._fetch_code(assign.code, running.dir.work)
            running.resume = await self._checkpoints.restore(assign, running.dir)
            if assign.node_rank == 0:
                running.port = Reservation()
        except (InvalidRequest, Corrupt) as error:
            self.handle(decide.NotPrepared(assign.alloc, error.detail, fault=isinstance(error, Corrupt)))
        except TensorFleetError as error:
            self.handle(decide.NotPrepared(assign.alloc, error.detail, fault=True))
        except OSError as error:
            self.handle(decide.NotPrepared(assign.alloc, disk_sentence(error), fault=True))
        except Exception as error:
            # A fault of ours must cost one task, not the agent and all that it looks after.
            log.exception("a task could not be prepared", extra=fields(alloc=assign.alloc))
            sentence = f"its agent failed to prepare it ({type(error).__name__}: {error})."[:500]
            self.handle(decide.NotPrepared(assign.alloc, sentence, fault=True))
        else:
            running.dir.prepared()
            self.handle(decide.Prepared(assign.alloc, running.port.port if running.port else 0))

    async def _fetch_code(self, code: str, target: Path) -> None:
        """Lays out the code, waiting for the head as long as it takes."""
        while True:
            await asyncio.to_thread(remove_tree, target)
            try:
                return await self._blobs.unpack_tree(code, target)
            except Broken:
                await asyncio.sleep(0.5)

    async def _start(self, assign: AssignTask, master: str) -> None:
        running = self._running[assign.alloc]
        try:
            task = await self._task_file(assign, master, running.dir)
            if running.port:
                running.port.release()
            running.shim = await self._ranks.launch(task)
        except (TensorFleetError, OSError) as error:
            sentence = disk_sentence(error) if isinstance(error, OSError) else error.detail
            self.handle(decide.NotPrepared(assign.alloc, sentence, fault=True))
            return
        await self._follow(assign, running, running.shim)

    async def _adopt(self, assign: AssignTask) -> None:
        running = self._running[assign.alloc]
        running.shim = await self._ranks.adopt(running.dir.path)
        if running.shim is None:
            lost = ReportTaskCompletion(assign.alloc, error="its shim was lost with the agent.", fault=True)
            self._ship(assign, running)
            self.handle(decide.Exited(assign.alloc, lost))
            return
        await self._follow(assign, running, running.shim)

    async def _follow(self, assign: AssignTask, running: _Running, shim: Shim) -> None:
        shipping = self._ship(assign, running)
        if running.end is not None:
            await self._end(running.end)
        async for event in shim.events():
            match event:
                case Started():
                    running.pids = dict(event.pids)
                    running.gpus = assign.gpus
                    log.info("ranks started", extra=fields(alloc=assign.alloc, warm=event.warm, note=event.note))
                    self.handle(decide.Started(assign.alloc))
                    self._spawn(self._watch(assign, running, shim))
                case LogGrew():
                    shipping.poke()
                case Finished(result) | ShimLost(result):
                    running.gpus = ()
                    running.ended.set()
                    full, heard = is_full(self._data_dir), running.dir.heard
                    completion = completion_of(assign.alloc, result, full, heard, running.dir.logs)
                    if sick := await self._sick(assign, completion):
                        completion = msgspec.structs.replace(completion, error=sick, fault=True)
                    if running.hang:
                        completion = msgspec.structs.replace(
                            completion, first_failed=running.hang.rank, hang=running.hang.text, sure=running.hang.sure
                        )
                    self.handle(decide.Exited(assign.alloc, completion))
                case _:
                    pass

    def _ship(self, assign: AssignTask, running: _Running) -> Shipping:
        ranks = range(assign.first_rank, assign.first_rank + assign.local_ranks[assign.node_rank])
        roots = (running.dir.output, running.dir.run, running.dir.work)
        since = (running.dir.path / "assign.json").stat().st_mtime

        def rank_of(pid: int) -> int | None:
            return next((rank for rank, own in running.pids.items() if own == pid), None)

        curves = Curves(running.dir.run, list(ranks), roots, since, state=running.dir.curves, rank_of=rank_of)
        shipping = Shipping(assign.alloc, tuple(ranks), running.dir.logs, curves, self._link)
        running.shipping = shipping

        async def deliver() -> None:
            await shipping.run()
            running.delivered.set()

        async def save() -> None:
            await self._checkpoints.ship(assign, running.dir)
            running.saved.set()

        self._spawn(deliver())
        self._spawn(save())
        return shipping

    async def _watch(self, assign: AssignTask, running: _Running, shim: Shim) -> None:
        """Until the ranks are over, or have made no step for so long that they are ended."""
        ranks, folder = sorted(running.pids), folder_of(running.dir.output, assign.attempt)
        watch = Watch(running.dir.run, ranks, folder, assign.watch_factor, assign.watch_floor)
        running.watch = watch
        late, over = asyncio.ensure_future(watch.overdue()), asyncio.ensure_future(running.ended.wait())
        try:
            await asyncio.wait((late, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
            over.cancel()
        if running.ended.is_set() or running.hang:
            return
        running.hang = await watch.explain(running.pids)
        log.warning("ranks hang", extra=fields(alloc=assign.alloc, what=running.hang.text))
        await shim.kill()

    async def _sick(self, assign: AssignTask, completion: ReportTaskCompletion) -> str:
        """Which of its GPUs made the ranks fail, in a sentence; empty where it was none."""
        if not assign.gpus or all(each.code == 0 for each in completion.exits):
            return ""
        if any(each.code for each in completion.exits):
            # It failed by itself, perhaps because of what the next measurement is to show.
            await asyncio.sleep(NEXT_LOOK)
        found = ((uuid, self.sickness(uuid)) for uuid in assign.gpus)
        return next((f"GPU {uuid} is sick: {note}" for uuid, note in found if note), "")

    async def _end(self, end: decide.EndRanks) -> None:
        running = self._running[end.alloc]
        if not end.ask and running.watch and not running.hang and running.watch.is_late():
            # Another node noticed first. What these ranks were doing is half of the story.
            running.hang = await running.watch.explain(running.pids)
        with contextlib.suppress(OSError):  # a full disk: the signals that follow say the same
            running.dir.ask_to_stop()
        if running.shim is None:
            running.end = end if running.end is None else min(end, running.end, key=lambda each: each.grace)
        elif end.ask and end.grace > 0 and running.dir.listens:
            await self._let_end(running, running.shim, end.grace)
        elif end.grace > 0:
            await running.shim.stop(end.grace)
        else:
            await running.shim.kill()

    async def _let_end(self, running: _Running, shim: Shim, grace: float) -> None:
        """Waits for ranks that were asked to end, and ends them when their time is over. The shortest grace counts."""
        until = asyncio.get_running_loop().time() + grace
        waits = running.until is not None
        running.until = until if running.until is None else min(until, running.until)
        if waits:
            return
        while not running.ended.is_set() and (left := running.until - asyncio.get_running_loop().time()) > 0:
            with contextlib.suppress(TimeoutError):
                # In steps, because a later wish may have shortened it.
                await asyncio.wait_for(running.ended.wait(), min(left, 1.0))
        if not running.ended.is_set():
            await shim.stop(LAST_GRACE)

    async def _drain(self, alloc: str) -> None:
        running = self._running[alloc]
        if running.shipping:
            running.shipping.finish()
            self._checkpoints.finish(alloc)
            await running.delivered.wait()
            await running.saved.wait()
        outputs = ""
        while True:
            try:
                outputs = await self._blobs.pack_tree(running.dir.output)
            except Broken:
                await asyncio.sleep(0.5)
                continue
            except (TensorFleetError, OSError) as error:
                log.error("outputs not sent", extra=fields(alloc=alloc, error=str(error)))
            break
        self.handle(decide.Drained(alloc, outputs))

    def _clear_checkpoints(self) -> None:
        live = {running.dir.path.name.partition(".")[0] for running in self._running.values()}
        self._spawn(asyncio.to_thread(self._checkpoints.clear, live))

    async def _task_file(self, assign: AssignTask, master: str, task_dir: TaskDir) -> TaskFile:
        host = master.rpartition(":")[0]
        python = await self._pythons.find(assign.venv)
        place = Place(
            run_dir=str(task_dir.run),
            output_dir=str(task_dir.output),
            checkpoint_dir=str(self._checkpoints.folder(assign)),
            bin=python.bin,
            interface=interface_of(local_address_towards(host)) or "lo",
            threads=self._threads,
            sdk=python.sdk,
            venv=assign.venv,
            resume=tuple(map(str, self._running[assign.alloc].resume)),
        )
        ranks = tuple(
            RankSpec(
                rank=assign.first_rank + local,
                local_rank=local,
                argv=assign.run,
                env=rank_environment(assign, local, master, place, os.environ),
                cwd=str(task_dir.work),
            )
            for local in range(assign.local_ranks[assign.node_rank])
        )
        return TaskFile(assign.alloc, task_dir.path, ranks, warm=assign.warm and self._warm)
