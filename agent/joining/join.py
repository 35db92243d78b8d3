"""Becoming a node, and staying one: with a join token, by pairing words, and by renewing the certificate."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from tensorfleet.agent.joining.channel import call_unnamed
from tensorfleet.agent.joining.handshake import HeadAddress
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.errors import HeadUnreachable, NotAllowed, NotAuthenticated
from tensorfleet.obs.logging import fields
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.credential import JoinToken
from tensorfleet.wire.join import (
    NONCE,
    Answer,
    Denied,
    Issued,
    JoinRequest,
    PairPending,
    PairRequest,
    PairStatusRequest,
    RenewRequest,
    error_of,
    sign_join,
)
from tensorfleet.wire.pairing import Words, pairing_words

log = logging.getLogger(__name__)

PATIENCE: Final = 15.0
"""Seconds for a call; a question about a pairing has those on top of what the head waits."""

HEAD_WAITS: Final = 20.0

Confirm = Callable[[Words], Awaitable[bool]]
"""Shows the words to a person at this machine and asks whether the head shows the same."""


async def join_with_token(identity: Identity, head: HeadAddress, token: JoinToken, name: str) -> None:
    """Makes this agent a node, called `name` or like it. Nothing is sent unless the head is the token's.

    Raises NotAuthenticated when the head is another, or does not take the token; HeadUnreachable.
    """
    fingerprint = head.chain.fingerprint
    identity.check_pin(fingerprint, head.target)
    if not token.pins(fingerprint):
        raise NotAuthenticated(
            f"The head at {head.target} is not the one of this join token: its CA is {fingerprint[:16]}…, the token"
            f" names {token.pin.hex()[:16]}….",
            "Nothing was sent to it. Either the token is another fleet's, or somebody poses as the head.",
        )
    csr, nonce = identity.csr(), secrets.token_bytes(NONCE)
    request = JoinRequest(token.id, csr, name, nonce, sign_join(token.key, fingerprint, csr, name, nonce))
    answer = await _ask(head, "Join", request)
    _take(identity, answer, head)


async def pair(identity: Identity, head: HeadAddress, name: str, confirm: Confirm) -> None:
    """Makes this agent a node once people on both sides have found the same words.

    Until `confirm` says yes the head may be anybody, and is told no more than a name and a public key; no CA is
    kept. Raises NotAllowed when either side says no, NotFound when the head has waited too long, HeadUnreachable.
    """
    fingerprint = head.chain.fingerprint
    identity.check_pin(fingerprint, head.target)
    words = await asyncio.to_thread(pairing_words, fingerprint, identity.public_key)
    waiting = await _ask(head, "Pair", PairRequest(identity.csr(), name))
    if not isinstance(waiting, PairPending):
        raise HeadUnreachable(f"The head at {head.target} answered Pair with something else.")
    confirmed = await confirm(words)
    answer: Issued | PairPending = waiting
    while isinstance(answer, PairPending):
        status = PairStatusRequest(waiting.ticket, confirmed)
        answer = await _ask(head, "PairStatus", status, PATIENCE + HEAD_WAITS)
        if not confirmed:
            raise NotAllowed("The words were not confirmed on this machine; nothing was joined.")
    _take(identity, answer, head)


async def renew(identity: Identity, call: Callable[[str, bytes], Awaitable[bytes]]) -> None:
    """Replaces the certificate by a younger one. call: a unary call as this node, such as `Link.call`.

    Raises NotFound when the node was removed, NotAuthenticated, and what `call` raises.
    """
    answer = _opened(await call("RenewCertificate", pack(RenewRequest(identity.csr()))))
    if not isinstance(answer, Issued):
        raise HeadUnreachable("The head answered RenewCertificate with something else.")
    identity.accept(answer, identity.fingerprint or "")
    log.info("certificate renewed", extra=fields(expires=identity.expires))


async def _ask(
    head: HeadAddress, method: str, request: JoinRequest | PairRequest | PairStatusRequest, patience: float = PATIENCE
) -> Issued | PairPending:
    return _opened(await call_unnamed(head, method, pack(request), patience))


def _opened(data: bytes) -> Issued | PairPending:
    answer: Answer = unpack(data, Answer)
    if isinstance(answer, Denied):
        raise error_of(answer)
    return answer


def _take(identity: Identity, answer: Issued | PairPending, head: HeadAddress) -> None:
    if not isinstance(answer, Issued):
        raise HeadUnreachable(f"The head at {head.target} answered with something else.")
    identity.accept(answer, head.chain.fingerprint)
    identity.remember(head.target)
    log.info("joined", extra=fields(node=identity.node_id, head=head.target))
