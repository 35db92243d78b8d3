"""Heads on the local network, by mDNS. What they say of themselves is a hint; the handshake is the proof.

zeroconf is imported when it is first needed and everything of it is closed again, since an agent that knows its
head does without.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from tensorfleet.errors import Unavailable
from tensorfleet.wire.beacon import CA_PREFIX, FLEET, PREFIX, RPC_PORT, SERVICE_TYPE, VERSION

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

_RESOLVE_MS = 3000


@dataclass(frozen=True, slots=True)
class Found:
    """A head that announces itself. ca_prefix: the first 32 hex digits of its CA's fingerprint."""

    name: str
    addresses: tuple[str, ...]
    rpc_port: int
    http_port: int
    fleet_id: str
    ca_prefix: str
    version: str


async def find_heads(patience: float, fingerprint: str | None = None) -> list[Found]:
    """The heads that answer within `patience` seconds, by name.

    With `fingerprint` (of a CA, in hex, or its first 32 digits), only that fleet's, and as soon as the first is
    known. Raises Unavailable where this machine cannot speak mDNS.
    """
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

    try:
        zeroconf = AsyncZeroconf()
    except (OSError, RuntimeError) as error:
        raise Unavailable(
            f"The network cannot be searched for heads: {error}.", "Name the head with --head HOST:PORT."
        ) from error
    names: asyncio.Queue[str] = asyncio.Queue()

    def changed(name: str, **_: Any) -> None:
        names.put_nowait(name)

    found: dict[str, Found] = {}
    try:
        async with asyncio.timeout(patience):
            browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE_TYPE, handlers=[changed])
            try:
                await _collect(zeroconf, names, fingerprint, found)
            finally:
                await browser.async_cancel()
    except TimeoutError:
        pass
    finally:
        await zeroconf.async_close()
    return sorted(found.values(), key=lambda head: head.name)


class _Match(Exception):
    """The head that was looked for is found."""


async def _collect(
    zeroconf: AsyncZeroconf, names: asyncio.Queue[str], fingerprint: str | None, found: dict[str, Found]
) -> None:
    """Resolves what is named, until the head with `fingerprint` is found."""
    from zeroconf.asyncio import AsyncServiceInfo

    async def resolve(name: str) -> None:
        info = AsyncServiceInfo(SERVICE_TYPE, name)
        if not await info.async_request(zeroconf.zeroconf, _RESOLVE_MS):
            return
        head = read_announcement(info)
        if head is None or (fingerprint is not None and head.ca_prefix != fingerprint[:PREFIX]):
            return
        found[name] = head
        if fingerprint is not None:
            raise _Match

    try:
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task(resolve(await names.get()))
    except* _Match:
        pass


def read_announcement(info: AsyncServiceInfo) -> Found | None:
    """The head that `info` describes; None where something else uses the service's name."""
    text = {key: value or "" for key, value in info.decoded_properties.items()}
    rpc_port, ca_prefix = text.get(RPC_PORT, ""), text.get(CA_PREFIX, "")
    addresses = tuple(address for address in info.parsed_addresses() if not _only_on_one_link(address))
    if not re.fullmatch(r"[0-9]{1,5}", rpc_port) or not re.fullmatch(rf"[0-9a-f]{{{PREFIX}}}", ca_prefix):
        return None
    if not 0 < int(rpc_port) < 65536 or not addresses:
        return None
    return Found(
        name=info.name.removesuffix(f".{SERVICE_TYPE}"),
        addresses=addresses,
        rpc_port=int(rpc_port),
        http_port=info.port or 0,
        fleet_id=text.get(FLEET, "")[:64],
        ca_prefix=ca_prefix,
        version=text.get(VERSION, "")[:32],
    )


def _only_on_one_link(address: str) -> bool:
    number = ip_address(address)
    return number.version == 6 and number.is_link_local
