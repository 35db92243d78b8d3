"""The open sessions of agents: where a command for a node goes, and what each node last measured."""

from __future__ import annotations

import asyncio
import logging

from tensorfleet.core.actions import AnswerCheckpoint, Assign, Command, Forget, Halt, Launch
from tensorfleet.core.attempts import alloc_of, current
from tensorfleet.core.checkpoint import Checkpoint
from tensorfleet.core.checkpoints import newest
from tensorfleet.head.bus import ACTIVITY, Bus
from tensorfleet.obs.logging import fields
from tensorfleet.wire.messages import (
    AssignTask,
    CheckpointAnswer,
    ForgetTask,
    HaltTask,
    HeadMessage,
    LaunchTask,
    Resume,
)
from tensorfleet.wire.telemetry import NodeTelemetry

log = logging.getLogger(__name__)

BACKLOG = 10_000
"""Messages that may wait for one agent; beyond it the session is ended, and the next one starts from the facts."""


CHOICES = 2
"""Checkpoints that an attempt is offered: the newest, and the one before should that be damaged."""


class Session:
    """One agent's stream, as seen from the head. `closing` is set when it has to end."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.outbox: asyncio.Queue[HeadMessage] = asyncio.Queue(BACKLOG)
        self.closing = asyncio.Event()

    def send(self, message: HeadMessage) -> None:
        try:
            self.outbox.put_nowait(message)
        except asyncio.QueueFull:
            log.warning("an agent does not read its messages", extra=fields(node=self.node))
            self.closing.set()


class Sessions:
    """At most one session a node; a newer one ends the older."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._open: dict[str, Session] = {}
        self._telemetry: dict[str, NodeTelemetry] = {}

    def enter(self, node: str) -> Session:
        older = self._open.get(node)
        if older:
            older.closing.set()
        self._open[node] = Session(node)
        return self._open[node]

    def leave(self, session: Session) -> bool:
        """True when the node has no session now, because a newer one had not taken over."""
        if self._open.get(session.node) is not session:
            return False
        del self._open[session.node]
        return True

    def end(self, node: str) -> None:
        """Ends the node's session, if it has one."""
        session = self._open.get(node)
        if session:
            session.closing.set()

    def end_all(self) -> None:
        for session in self._open.values():
            session.closing.set()

    def measured(self, node: str, telemetry: NodeTelemetry) -> None:
        self._telemetry[node] = telemetry
        self._bus.poke(ACTIVITY)

    def telemetry(self, node: str) -> NodeTelemetry | None:
        """What the node last measured, while the head has been up."""
        return self._telemetry.get(node)

    def command(self, command: Command) -> None:
        """Sends `command` if the node is connected; if not, its next session starts from the facts anyway."""
        session = self._open.get(command.node)
        if session:
            session.send(to_message(command))


def to_message(command: Command) -> HeadMessage:
    match command:
        case Launch():
            return LaunchTask(command.alloc, command.master)
        case Halt():
            return HaltTask(command.alloc, command.grace, command.ask)
        case Forget():
            return ForgetTask(command.alloc)
        case AnswerCheckpoint():
            return CheckpointAnswer(command.alloc, command.serial, command.accepted, command.keep)
        case Assign():
            job, share, attempt = command.job, command.share, current(command.job)
            return AssignTask(
                alloc=alloc_of(job, share),
                job=job.id,
                name=job.spec.name,
                attempt=attempt.number,
                node_rank=share.node_rank,
                first_rank=share.first_rank,
                local_ranks=tuple(s.ranks for s in attempt.shares),
                gpus=share.gpus,
                run=job.spec.run,
                env=dict(job.spec.env),
                code=job.spec.code,
                venv=job.spec.python.venv,
                warm=job.spec.warm,
                solo=command.solo,
                resume=tuple(_resume(checkpoint) for checkpoint in newest(job)[:CHOICES]),
                checkpoint_dir=job.spec.checkpoint.dir,
                checkpoint_every=job.spec.checkpoint.every,
            )


def _resume(checkpoint: Checkpoint) -> Resume:
    parts = () if checkpoint.path else tuple(part.digest for part in checkpoint.parts)
    return Resume(checkpoint.attempt, checkpoint.serial, checkpoint.step, parts, checkpoint.path)
