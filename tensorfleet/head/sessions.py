"""The open sessions of agents: where a command for a node goes, and what each node last measured."""

from __future__ import annotations

import asyncio
import logging
import time

from tensorfleet.core.actions import Command
from tensorfleet.head.bus import ACTIVITY, Bus
from tensorfleet.head.history import History
from tensorfleet.head.translate import to_message
from tensorfleet.obs.logging import fields
from tensorfleet.wire.messages import HeadMessage
from tensorfleet.wire.telemetry import NodeTelemetry

log = logging.getLogger(__name__)

BACKLOG = 10_000
"""Messages that may wait for one agent; beyond it the session is ended, and the next one starts from the facts."""


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
        self.history = History(time.time)

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
        self.history.add(node, telemetry)
        self._bus.poke(ACTIVITY)

    def telemetry(self, node: str) -> NodeTelemetry | None:
        """What the node last measured, while the head has been up."""
        return self._telemetry.get(node)

    def forget(self, node: str) -> None:
        """What the node measured is gone with it."""
        self._telemetry.pop(node, None)
        self.history.forget(node)

    def command(self, command: Command) -> None:
        """Sends `command` if the node is connected; if not, its next session starts from the facts anyway."""
        self.tell(command.node, to_message(command))

    def tell(self, node: str, message: HeadMessage) -> bool:
        """Sends `message` to `node`; False if it is not connected."""
        session = self._open.get(node)
        if session:
            session.send(message)
        return session is not None
