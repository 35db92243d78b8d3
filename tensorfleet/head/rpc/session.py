"""The stream of one agent: what it reports goes to the brain and the books, what the head commands goes out.

A report that could not be stored ends the session. The agent then connects again and reports everything that was
not acknowledged, so nothing has to be repeated from here.
"""

from __future__ import annotations

import asyncio
import logging

import grpc

from tensorfleet import __version__
from tensorfleet.core.event import Event
from tensorfleet.core.inputs import CheckpointDamaged as Damaged
from tensorfleet.core.inputs import (
    Heard,
    NodeDisconnected,
    TaskPrepared,
    TaskRunning,
)
from tensorfleet.core.job import parse_alloc
from tensorfleet.errors import NotFound, StoreFull, TensorFleetError, UnknownMessage
from tensorfleet.head.curvebook import CurveBook
from tensorfleet.head.logbook import LogBook
from tensorfleet.head.rpc.peer import require_node
from tensorfleet.head.sessions import Session, Sessions
from tensorfleet.head.shell import Shell
from tensorfleet.head.translate import connected, ended
from tensorfleet.obs.logging import fields
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.messages import (
    OLDEST,
    PROTOCOL,
    AgentMessage,
    CheckpointDamaged,
    CheckpointFailed,
    CurvePoints,
    CurvesKept,
    GpuTested,
    Heartbeat,
    Hello,
    InventoryReport,
    LogLines,
    LogsKept,
    Refused,
    Renew,
    ReportTaskCompletion,
    ReportTaskProgress,
    TelemetryReport,
    Welcome,
)

log = logging.getLogger(__name__)

FIRST_WORD = 10.0
"""Seconds an agent has for its Hello."""


class _Over(Exception):
    """The session has to end, for no fault of anybody's."""


class SessionHandler:
    """Serves `tensorfleet.v1.Agents/Session`."""

    def __init__(self, fleet: str, shell: Shell, sessions: Sessions, logs: LogBook, curves: CurveBook) -> None:
        self._fleet = fleet
        self._shell = shell
        self._sessions = sessions
        self._logs = logs
        self._curves = curves

    async def serve(self, _: object, context: grpc.aio.ServicerContext) -> None:
        """One session from Hello to its end."""
        node = await require_node(context)
        try:
            hello = await self._greet(node, context)
        except TensorFleetError as error:
            await context.write(pack(Refused(error.code, error.detail, error.hint)))
            return
        session = self._sessions.enter(node)
        try:
            await self._converse(session, hello, context)
        finally:
            if self._sessions.leave(session):
                self._shell.tell(NodeDisconnected(node))
            log.info("agent disconnected", extra=fields(node=node))

    async def _greet(self, node: str, context: grpc.aio.ServicerContext) -> Hello:
        async with asyncio.timeout(FIRST_WORD):
            data = await context.read()
        hello: AgentMessage | None = unpack(data, AgentMessage) if isinstance(data, bytes) else None
        if not isinstance(hello, Hello):
            raise TensorFleetError("The first message of a session has to be Hello.")
        if hello.oldest > PROTOCOL or hello.protocol < OLDEST:
            raise TensorFleetError(
                f"Head {__version__} speaks protocol {OLDEST} to {PROTOCOL},"
                f" this agent {hello.oldest} to {hello.protocol}.",
                "Install versions of head and agent that go together.",
            )
        if self._shell.control.fleet.nodes.get(node) is None:
            raise NotFound(
                "This node was removed from the fleet.", "Delete the agent's data directory and join it again."
            )
        log.info("agent connected", extra=fields(node=node, version=hello.facts.version))
        return hello

    async def _converse(self, session: Session, hello: Hello, context: grpc.aio.ServicerContext) -> None:
        await self._shell.ask(connected(session.node, hello.facts, hello.tasks))
        record = self._shell.control.fleet.nodes.get(session.node)
        name = record.name if record else session.node
        await context.write(pack(Welcome(min(PROTOCOL, hello.protocol), self._fleet, session.node, name)))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._speak(session, context))
                tasks.create_task(_until_closing(session))
                tasks.create_task(self._listen(session, context))
        except* _Over:
            pass
        except* TensorFleetError as group:
            for error in group.exceptions:
                log.warning("session ended", extra=fields(node=session.node, error=str(error)))

    async def _speak(self, session: Session, context: grpc.aio.ServicerContext) -> None:
        while True:
            await context.write(pack(await session.outbox.get()))

    async def _listen(self, session: Session, context: grpc.aio.ServicerContext) -> None:
        while True:
            data = await context.read()
            if not isinstance(data, bytes):
                raise _Over
            try:
                message: AgentMessage = unpack(data, AgentMessage)
            except UnknownMessage as error:
                # A newer agent says more. It is told, and all else that it says still counts.
                log.warning("message refused", extra=fields(node=session.node, error=error.detail))
                session.send(Refused(error.code, error.detail, error.hint))
                continue
            await self._take(session, message)

    async def _take(self, session: Session, message: AgentMessage) -> None:
        node = session.node
        match message:
            case Heartbeat():
                self._shell.tell(Heard(node))
                session.send(Renew(message.sent))
            case TelemetryReport():
                self._sessions.measured(node, message.telemetry)
            case ReportTaskProgress(phase="prepared"):
                await self._shell.ask(TaskPrepared(node, message.alloc, message.port))
            case ReportTaskProgress():
                await self._shell.ask(TaskRunning(node, message.alloc))
            case ReportTaskCompletion():
                await self._complete(node, message)
            case LogLines():
                await self._keep_lines(session, message)
            case CurvePoints():
                await self._keep_points(session, message)
            case GpuTested():
                await self._tell_test(node, message)
            case CheckpointFailed():
                await self._tell_failure(node, message)
            case CheckpointDamaged():
                await self._shell.ask(Damaged(node, message.alloc, message.attempt, message.serial, message.why))
            case InventoryReport():
                await self._shell.ask(connected(node, message.facts, message.tasks))
            case Hello():
                raise TensorFleetError("Hello is only the first message of a session.")

    async def _complete(self, node: str, done: ReportTaskCompletion) -> None:
        if self._owns(node, done.alloc):
            job, attempt, _ = parse_alloc(done.alloc)
            await self._logs.seal(job, attempt)
        await self._shell.ask(ended(node, done))

    async def _tell_failure(self, node: str, failed: CheckpointFailed) -> None:
        if self._owns(node, failed.alloc):
            job, attempt, _ = parse_alloc(failed.alloc)
            what = "cannot be used on its node" if failed.loading else "was not saved"
            text = f"The checkpoint of step {failed.step} {what}: {failed.error}"
            data = {"attempt": attempt, "step": failed.step}
            now = self._shell.now().wall
            try:
                await self._shell.record(Event("checkpoint.failed", now, text, job=job, node=node, data=data))
            except StoreFull as error:
                log.warning("a failed checkpoint not told", extra=fields(alloc=failed.alloc, error=error.detail))

    async def _tell_test(self, node: str, tested: GpuTested) -> None:
        record = self._shell.control.fleet.nodes.get(node)
        where = f"GPU {tested.index} of {record.name if record else node}"
        kind = "gpu.passed" if tested.passed else "gpu.failed"
        data: dict[str, str | int | float | bool] = {"gpu": tested.uuid, "index": tested.index}
        text = f"{where} was tested. {tested.text}"
        event = Event(kind, self._shell.now().wall, text, node=node, actor=tested.by, data=data)
        try:
            await self._shell.record(event)
        except StoreFull as error:
            log.warning("a test of a GPU not told", extra=fields(node=node, error=error.detail))

    async def _keep_lines(self, session: Session, message: LogLines) -> None:
        end = message.lines[-1].end if message.lines else 0
        if self._owns(session.node, message.alloc):
            job, attempt, _ = parse_alloc(message.alloc)
            try:
                end = await self._logs.append(job, attempt, message.rank, message.lines)
            except StoreFull as error:
                # Not acknowledged, so the agent keeps them and sends them again.
                log.warning("log lines not kept", extra=fields(alloc=message.alloc, error=error.detail))
                return
        session.send(LogsKept(message.alloc, message.rank, end))

    async def _keep_points(self, session: Session, message: CurvePoints) -> None:
        if self._owns(session.node, message.alloc):
            job, attempt, _ = parse_alloc(message.alloc)
            try:
                await self._curves.append(job, attempt, message.points)
            except StoreFull as error:
                log.warning("metric points not kept", extra=fields(alloc=message.alloc, error=error.detail))
                return
        session.send(CurvesKept(message.alloc, message.serial))

    def _owns(self, node: str, alloc: str) -> bool:
        """Whether `alloc` was ever given to `node`; what it says of anybody else's is dropped."""
        try:
            job_id, number, node_rank = parse_alloc(alloc)
            job, _ = self._shell.job(job_id)
        except (ValueError, NotFound):
            return False
        return any(
            share.node == node and share.node_rank == node_rank
            for attempt in job.attempts
            if attempt.number == number
            for share in attempt.shares
        )


async def _until_closing(session: Session) -> None:
    await session.closing.wait()
    raise _Over
