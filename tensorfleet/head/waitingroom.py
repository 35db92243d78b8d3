"""Machines that ask to join without a token, until people on both sides have said yes. No clock, no chance, no I/O.

Anybody on the network can fill it, so it is small, forgets after ten minutes, and gives one address few places.
Nothing in it outlives the head: the machine asks again.
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass, field
from typing import Final

from tensorfleet.errors import InvalidRequest, NotFound, Unavailable
from tensorfleet.wire.pairing import Words, same_words

PLACES: Final = 64
PLACES_FOR_ONE: Final = 8
"""Requests from one address."""
PATIENCE: Final = 600.0
"""Seconds until a request is forgotten, counted from when it was last made."""


@dataclass(slots=True)
class Waiting:
    """A machine that asks to join. asked: unix seconds. approved_by: who said yes on the fleet's side, else ""."""

    node_id: str
    name: str
    address: str
    words: Words
    asked: float
    expires: float
    csr: bytes = field(repr=False)
    ticket: bytes = field(repr=False)
    approved_by: str = ""
    denied: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def turn(self) -> None:
        """Wakes whoever waits for a change."""
        self.changed.set()
        self.changed = asyncio.Event()


class WaitingRoom:
    def __init__(self) -> None:
        self._all: dict[str, Waiting] = {}

    def pending(self, now: float) -> list[Waiting]:
        """Those that wait, the longest first."""
        self._forget(now)
        return [waiting for waiting in self._all.values() if not waiting.denied]

    def check_place(self, node_id: str, address: str, now: float) -> None:
        """Raises Unavailable when there is no place for this request."""
        self._forget(now)
        if node_id in self._all:
            return
        same = sum(waiting.address == address for waiting in self._all.values())
        if len(self._all) >= PLACES or same >= PLACES_FOR_ONE:
            raise Unavailable(
                "Too many machines ask to join at the same time.",
                "Approve or deny some, wait ten minutes, or join with a token.",
            )

    def words_of(self, node_id: str) -> Words | None:
        """The words of one that waits, which need not be computed again."""
        waiting = self._all.get(node_id)
        return waiting.words if waiting else None

    def enter(self, waiting: Waiting, now: float) -> Waiting:
        """Gives `waiting` a place. One that asked before keeps what people said about it. Raises Unavailable."""
        self.check_place(waiting.node_id, waiting.address, now)
        before = self._all.pop(waiting.node_id, None)
        if before is not None and not before.denied:
            waiting.asked = before.asked
            waiting.approved_by = before.approved_by
            before.turn()
        self._all[waiting.node_id] = waiting
        return waiting

    def holder(self, ticket: bytes, now: float) -> Waiting:
        """Who was given `ticket`. Raises NotFound."""
        self._forget(now)
        for waiting in self._all.values():
            if hmac.compare_digest(waiting.ticket, ticket):
                return waiting
        raise NotFound(
            "The head has forgotten this request to join.", "Start the agent again; the words stay the same."
        )

    def find(self, reference: str, now: float) -> Waiting:
        """Who waits under this id or name. Raises NotFound, and InvalidRequest where a name is not unique."""
        found = [waiting for waiting in self.pending(now) if reference in (waiting.node_id, waiting.name)]
        if not found:
            raise NotFound(f"No machine {reference[:80]!r} asks to join.", "`tensorfleet nodes` lists those that do.")
        if len(found) > 1:
            raise InvalidRequest(f"{len(found)} machines named {reference[:80]!r} ask to join.", "Give the node's id.")
        return found[0]

    def approve(self, reference: str, words: str, by: str, now: float) -> Waiting:
        """The fleet's side says yes, having read `words` on the machine. Raises NotFound, InvalidRequest."""
        waiting = self.find(reference, now)
        if not same_words(waiting.words, words):
            raise InvalidRequest(
                "These are not the words the head has for this machine.",
                "If you copied what the machine shows, somebody stands between it and this head: deny it.",
            )
        waiting.approved_by = by
        waiting.turn()
        return waiting

    def deny(self, reference: str, now: float) -> Waiting:
        """The fleet's side says no; the machine is told when it asks. Raises NotFound, InvalidRequest."""
        waiting = self.find(reference, now)
        waiting.denied = True
        waiting.turn()
        return waiting

    def leave(self, waiting: Waiting) -> None:
        if self._all.get(waiting.node_id) is waiting:
            del self._all[waiting.node_id]

    def _forget(self, now: float) -> None:
        for waiting in [waiting for waiting in self._all.values() if waiting.expires <= now]:
            del self._all[waiting.node_id]
            waiting.turn()
