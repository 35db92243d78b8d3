"""The shim's side of the line to its agent: it tells what is, not what happened, so it never has to queue.

Loaded by the shim: standard library only, Python 3.9, no import of the package. One JSON message a packet. A fresh
connection is told everything that holds now; afterwards the difference. An agent that does not read costs nothing:
what it missed is told in one message when it reads again.

To the agent: {"event": "started", "pids", "warm", "note"}, {"event": "grew", "rank", "size", "dropped"},
{"event": "exited", ...one rank of exit.json, "size"}, {"event": "finished", "result": exit.json}.
From the agent: {"do": "stop", "grace": seconds}, {"do": "kill"}.
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Sequence
from typing import Any

from .rank import Rank

LARGEST = 1 << 16


class Uplink:
    """One connection. `blocked` says that the agent reads too slowly just now; `closed`, that it went away."""

    def __init__(self, line: socket.socket) -> None:
        line.setblocking(False)
        self.line = line
        self.blocked = False
        self.closed = False
        self._started = False
        self._sizes: dict[int, int] = {}
        self._exits: set[int] = set()

    def tell(self, ranks: Sequence[Rank], started: dict[str, Any] | None) -> None:
        """Send what the agent does not know yet, as far as it takes it."""
        self.blocked = False
        if started and not self._started:
            self._started = self._send({"event": "started", **started})
        for rank in ranks:
            size = rank.log.indexed
            if size != self._sizes.get(rank.rank, 0):
                grew = {"event": "grew", "rank": rank.rank, "size": size, "dropped": rank.log.dropped}
                if self._send(grew):
                    self._sizes[rank.rank] = size
            over = rank.ended is not None and rank.rank not in self._exits
            if over and self._send({"event": "exited", **rank.document(), "size": size}):
                self._exits.add(rank.rank)

    def finish(self, ranks: Sequence[Rank], started: dict[str, Any] | None, result: dict[str, Any]) -> None:
        """Send the rest and the result. A second's patience; a later agent finds all of it in exit.json."""
        self.tell(ranks, started)
        if self.blocked:
            poll = select.poll()
            poll.register(self.line, select.POLLOUT)
            poll.poll(1000)
            self.tell(ranks, started)
        self._send({"event": "finished", "result": result})
        self.line.close()

    def receive(self) -> dict[str, Any] | None:
        """The next command, or None if there is none that can be understood."""
        try:
            data = self.line.recv(LARGEST)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return None
        try:
            command = json.loads(data)
        except ValueError:
            return None
        return command if isinstance(command, dict) else None

    def _send(self, message: dict[str, Any]) -> bool:
        if self.blocked or self.closed:
            return False
        try:
            self.line.send(json.dumps(message, separators=(",", ":")).encode())
        except BlockingIOError:
            self.blocked = True
        except OSError:
            self.closed = True
        return not self.blocked and not self.closed
