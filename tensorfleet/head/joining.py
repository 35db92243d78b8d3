"""Who may become a node: with a join token, or by words that people on both sides compared.

Requests come in from `rpc/join.py`, decisions of people from REST. A node is durable in the fleet's records before
it gets its certificate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from tensorfleet.errors import InvalidRequest, NotAllowed, NotAuthenticated, NotFound
from tensorfleet.head.authority import Authority, CheckedCsr, check_csr
from tensorfleet.head.joinrecords import Records, TokenRecord
from tensorfleet.head.waitingroom import PATIENCE, Waiting, WaitingRoom
from tensorfleet.wire.credential import ENTROPY, JOIN_LIFE, JoinToken, make_join_token, same
from tensorfleet.wire.join import (
    Issued,
    JoinRequest,
    PairPending,
    PairRequest,
    PairStatusRequest,
    RenewRequest,
    join_is_signed,
)
from tensorfleet.wire.pairing import pairing_words

LONG_POLL: Final = 20.0
"""Seconds until a question about a pairing is answered though nothing changed."""

LONGEST_LIFE: Final = 365 * 86400.0
MOST_USES: Final = 1_000_000


class Joining:
    """clock: unix seconds. entropy: that many random bytes. changed: called when `pending` has changed."""

    def __init__(
        self,
        authority: Authority,
        records: Records,
        *,
        clock: Callable[[], float],
        entropy: Callable[[int], bytes],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._authority = authority
        self._records = records
        self._clock = clock
        self._entropy = entropy
        self._changed = changed
        self._room = WaitingRoom()
        self._spending = asyncio.Lock()
        self._turn = asyncio.Lock()

    async def make_token(
        self, by: str, life: float = JOIN_LIFE, uses: int | None = None
    ) -> tuple[JoinToken, TokenRecord]:
        """A new join token, durable; `life` in seconds, `uses` in nodes. Raises InvalidRequest."""
        if not 0 < life <= LONGEST_LIFE:
            raise InvalidRequest("A join token lives at most a year.", "Give a duration such as 24h.")
        if uses is not None and not 0 < uses <= MOST_USES:
            raise InvalidRequest(f"{uses} uses are not possible.", f"Give 1 to {MOST_USES}, or leave it out for any.")
        now = self._clock()
        token = make_join_token(self._authority.fingerprint, self._entropy(ENTROPY))
        record = TokenRecord(token.id, token.key.hex(), now, now + life, uses, by)
        for old in self._records.tokens():
            if old.expires <= now:
                await self._records.drop_token(old.id)
        await self._records.save_token(record)
        return token, record

    def expiry_of(self, token: JoinToken) -> float:
        """When `token` expires (unix seconds); 0 where the head would not take it at any time."""
        record = self._records.token(token.id)
        if record is None or record.uses is not None or not token.pins(self._authority.fingerprint):
            return 0.0
        return record.expires if same(token.key.hex(), record.key) else 0.0

    async def join(self, request: JoinRequest) -> Issued:
        """Lets a machine in that knows a join token. Raises NotAuthenticated, InvalidRequest, what the store raises.

        The request may be repeated: the same key does not use the token up twice.
        """
        csr = check_csr(request.csr)
        async with self._spending:
            token = self._records.token(request.token)
            if token is None or not join_is_signed(request, bytes.fromhex(token.key), self._authority.fingerprint):
                raise NotAuthenticated("The head does not know this join token.", "Ask for a new one.")
            now = self._clock()
            if token.expires <= now:
                raise NotAuthenticated("The join token has expired.", "Ask for a new one.")
            if token.uses is not None and csr.node_id not in token.nodes:
                if token.uses == 0:
                    raise NotAuthenticated("The join token is used up.", "Ask for a new one.")
                spent = msgspec.structs.replace(token, uses=token.uses - 1, nodes=(*token.nodes, csr.node_id))
                await self._records.save_token(spent)
            await self._records.admit(csr.node_id, request.name, f"join token {token.id}")
        return self._issue(csr, now)

    async def pair(self, request: PairRequest, address: str) -> PairPending:
        """Gives a machine a place among those that ask. Raises InvalidRequest, Unavailable."""
        csr = check_csr(request.csr)
        async with self._turn:
            # Before the words, which cost more than all the rest: a flood computes as many as there are places.
            self._room.check_place(csr.node_id, address, self._clock())
            words = self._room.words_of(csr.node_id)
            if words is None:
                words = await asyncio.to_thread(pairing_words, self._authority.fingerprint, csr.public_key)
            now = self._clock()
            fresh = Waiting(
                csr.node_id, request.name, address, words, now, now + PATIENCE, request.csr, self._entropy(16)
            )
            waiting = self._room.enter(fresh, now)
        self._changed()
        return self._still(waiting)

    async def pair_status(self, request: PairStatusRequest, patience: float = LONG_POLL) -> Issued | PairPending:
        """How a pairing stands, as soon as it changes or after `patience` seconds.

        Issued once both sides said yes. Raises NotFound where nobody knows of it any more, and NotAllowed when the
        fleet's side said no.
        """
        waiting = self._room.holder(request.ticket, self._clock())
        if not request.confirmed:
            self._leave(waiting)
            return self._still(waiting)
        if not (waiting.approved_by or waiting.denied):
            try:
                async with asyncio.timeout(patience):
                    await waiting.changed.wait()
            except TimeoutError:
                pass
            waiting = self._room.holder(request.ticket, self._clock())
        if waiting.denied:
            self._leave(waiting)
            raise NotAllowed("The operator of the fleet denied this machine.")
        if not waiting.approved_by:
            return self._still(waiting)
        csr = check_csr(waiting.csr)
        await self._records.admit(csr.node_id, waiting.name, waiting.approved_by)
        self._leave(waiting)
        return self._issue(csr, self._clock())

    async def renew(self, node_id: str, request: RenewRequest) -> Issued:
        """A younger certificate for the node that asks. Raises NotAllowed, NotFound, InvalidRequest."""
        csr = check_csr(request.csr)
        if csr.node_id != node_id:
            raise NotAllowed("A node can renew only its own certificate.", "A new key has to join anew.")
        if not self._records.knows(node_id):
            raise NotFound(
                "This node was removed from the fleet.", "Delete the agent's data directory and join it again."
            )
        return self._issue(csr, self._clock())

    def pending(self) -> list[Waiting]:
        """The machines that wait for a decision, the longest first."""
        return self._room.pending(self._clock())

    def approve(self, reference: str, words: str, by: str) -> Waiting:
        """The fleet's side lets a machine in (by id or name), having read `words` on its screen.

        It becomes a node when its own side has confirmed too. Raises NotFound, InvalidRequest.
        """
        waiting = self._room.approve(reference, words, by, self._clock())
        self._changed()
        return waiting

    def deny(self, reference: str) -> Waiting:
        """The fleet's side sends a machine away. Raises NotFound, InvalidRequest."""
        waiting = self._room.deny(reference, self._clock())
        self._changed()
        return waiting

    def _still(self, waiting: Waiting) -> PairPending:
        return PairPending(waiting.ticket, bool(waiting.approved_by), max(0.0, waiting.expires - self._clock()))

    def _leave(self, waiting: Waiting) -> None:
        self._room.leave(waiting)
        self._changed()

    def _issue(self, csr: CheckedCsr, now: float) -> Issued:
        return Issued(csr.node_id, self._authority.issue(csr, now), self._authority.ca_pem.decode())
