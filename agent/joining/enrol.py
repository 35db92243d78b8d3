"""How this agent gets to its head: where it is, whether to trust it, and with which certificate to speak.

Sought in this order: the address it was told, where it was reached before, a head on this very machine, the network
(mDNS). An agent that has joined follows no head but that of the CA it pinned.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import msgspec

from tensorfleet.agent.joining.channel import node_credentials
from tensorfleet.agent.joining.discover import find_heads
from tensorfleet.agent.joining.handshake import HeadAddress, fetch_chain, locate
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token, pair, renew
from tensorfleet.agent.link import Broken
from tensorfleet.config.agent import AgentSettings
from tensorfleet.config.checks import split_address
from tensorfleet.config.paths import default_data_dir
from tensorfleet.errors import HeadUnreachable, InvalidRequest, NotAllowed, TensorFleetError
from tensorfleet.obs.logging import fields
from tensorfleet.wire.credential import JoinToken, parse_join_token
from tensorfleet.wire.pairing import Words, same_words

log = logging.getLogger(__name__)

RPC_PORT = 7338

SEARCH = 3.0
"""Seconds for a search of the network."""

QUICK = 2.0
"""Seconds for an address where the head once was."""

RENEW_AGAIN = 60.0
"""Seconds until a renewal that failed is tried again."""


class _Neighbour(msgspec.Struct):
    """The head.json of a head on this machine."""

    rpc_port: int
    ca: str


class Enrolment:
    """An agent that has joined."""

    def __init__(self, settings: AgentSettings, identity: Identity) -> None:
        self._settings = settings
        self._identity = identity

    async def find(self) -> str:
        """Where the head is now, as HOST:PORT. Raises HeadUnreachable, NotAuthenticated for another fleet's head."""
        identity = self._identity
        if self._settings.head:
            address = await locate(*split_address("head", self._settings.head, RPC_PORT))
            identity.check_pin(address.chain.fingerprint, address.target)
        else:
            address = await _seek(identity)
        identity.remember(address.target)
        return address.target

    def credentials(self) -> grpc.ChannelCredentials:
        return node_credentials(self._identity)

    async def keep_fresh(self, call: Callable[[str, bytes], Awaitable[bytes]]) -> None:
        """Renews the certificate at two thirds of its life, for ever."""
        while True:
            await asyncio.sleep(max(RENEW_AGAIN, self._identity.renew_at - time.time()))
            if time.time() < self._identity.renew_at:
                continue
            try:
                await renew(self._identity, call)
            except (TensorFleetError, Broken) as error:
                log.warning("certificate not renewed", extra=fields(error=str(error)))


async def enrol(settings: AgentSettings) -> Enrolment:
    """Joins the fleet unless this agent has. Raises the error tree, with what to do.

    A head that cannot be reached is tried again for as long as it takes; a refusal is final.
    """
    identity = Identity(settings.data_dir / "identity")
    told = False
    while not identity.joined or identity.expires < time.time():
        try:
            await _join(settings, identity)
        except HeadUnreachable as error:
            if not told:
                sys.stderr.write(f"Waiting for the head: {error}\n")
                told = True
            await asyncio.sleep(1.0)
    return Enrolment(settings, identity)


async def _join(settings: AgentSettings, identity: Identity) -> None:
    token = parse_join_token(settings.join) if settings.join else None
    address = await _first_head(settings, identity, token)
    if token is None:
        token = _neighbours_token(address.chain.fingerprint)
    if token:
        await join_with_token(identity, address, token, settings.name)
    else:
        await pair(identity, address, settings.name, lambda words: _confirm(words, settings))


async def _first_head(settings: AgentSettings, identity: Identity, token: JoinToken | None) -> HeadAddress:
    if settings.head:
        return await locate(*split_address("head", settings.head, RPC_PORT))
    near = await _beside_us()
    if near and (token is None or token.pins(near.chain.fingerprint)):
        return near
    found = await find_heads(SEARCH, identity.fingerprint or (token.pin.hex() if token else None))
    if not found:
        raise HeadUnreachable(
            "No head was found on this network.", "Start `tensorfleet head --host 0.0.0.0`, or name it with --head."
        )
    if len(found) > 1:
        names = ", ".join(f"{head.name} ({head.addresses[0]}:{head.rpc_port})" for head in found)
        raise InvalidRequest(
            f"Several heads are on this network: {names}.", "Choose one with --head, or join by token."
        )
    return await _reach(found[0].addresses, found[0].rpc_port)


async def _seek(identity: Identity) -> HeadAddress:
    """The head this agent is pinned to, wherever it is now."""
    for target in identity.targets:
        host, port = split_address("head", target, RPC_PORT)
        try:
            chain = await fetch_chain(host, port, QUICK)
        except HeadUnreachable:
            continue
        if chain.fingerprint == identity.fingerprint:
            return HeadAddress(host, port, chain)
    near = await _beside_us()
    if near and near.chain.fingerprint == identity.fingerprint:
        return near
    for head in await find_heads(SEARCH, identity.fingerprint):
        try:
            address = await _reach(head.addresses, head.rpc_port)
        except HeadUnreachable:
            continue
        if address.chain.fingerprint == identity.fingerprint:
            return address
    raise HeadUnreachable("The head of this agent's fleet is not on this network now.", "Is it running?")


async def _reach(addresses: tuple[str, ...], port: int) -> HeadAddress:
    last: HeadUnreachable | None = None
    for host in addresses:
        try:
            return HeadAddress(host, port, await fetch_chain(host, port, QUICK))
        except HeadUnreachable as error:
            last = error
    raise last or HeadUnreachable("The head announced no address.")


async def _beside_us() -> HeadAddress | None:
    """The head on this machine whose data directory is the usual one, if there is one."""
    neighbour = _neighbour(default_data_dir())
    if neighbour is None:
        return None
    try:
        chain = await fetch_chain("127.0.0.1", neighbour.rpc_port, QUICK)
    except HeadUnreachable:
        return None
    return HeadAddress("127.0.0.1", neighbour.rpc_port, chain) if chain.fingerprint == neighbour.ca else None


def _neighbour(folder: Path) -> _Neighbour | None:
    try:
        return msgspec.json.decode((folder / "head.json").read_bytes(), type=_Neighbour)
    except (OSError, msgspec.MsgspecError):
        return None


def _neighbours_token(fingerprint: str) -> JoinToken | None:
    """The join token of the head on this machine, when it is that head and we may read it."""
    folder = default_data_dir()
    neighbour = _neighbour(folder)
    if neighbour is None or neighbour.ca != fingerprint:
        return None
    try:
        return parse_join_token((folder / "join.token").read_text().strip())
    except (OSError, InvalidRequest):
        return None


async def _confirm(words: Words, settings: AgentSettings) -> bool:
    shown = " ".join(words)
    out = sys.stdout
    out.write(f"\nThis machine asks to join as {settings.name}. Its words are\n\n    {shown}\n\n")
    out.write("The head shows words for it too (`tensorfleet nodes`). If they are the same, say so on both sides:\n")
    out.write(f'    there   tensorfleet node approve {settings.name} --words "{shown}"\n')
    out.flush()
    if settings.confirm is not None:
        return same_words(words, settings.confirm)
    if not sys.stdin.isatty():
        raise NotAllowed(
            "Nobody is at this terminal to compare the words.", f'Start the agent again with --confirm "{shown}".'
        )
    out.write("    here    are they the same? [y/N] ")
    out.flush()
    return (await _line()).strip().lower() in ("y", "yes")


async def _line() -> str:
    """What is typed at this terminal. Unlike a thread that reads, waiting for it ends when the agent is told to."""
    loop, typed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline()
