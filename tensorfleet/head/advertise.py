"""The head on the local network: one mDNS service that follows the machine's addresses.

Registering takes about a second and happens beside everything else. Interfaces that appear later (a cable, a VPN,
Wi-Fi after boot) are found by looking at the addresses now and then, which costs a millisecond.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from ipaddress import ip_address
from typing import Final

import ifaddr
from zeroconf import Error, InterfaceChoice
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from tensorfleet.errors import Unavailable
from tensorfleet.obs.logging import fields
from tensorfleet.wire.beacon import CA_PREFIX, FLEET, PREFIX, RPC_PORT, SERVICE_TYPE, VERSION

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 10.0
"""Seconds between two looks at the machine's addresses."""

_ANYWHERE: Final = ("0.0.0.0", "::")


class Advertisement:
    """bind: the address the agents' port is bound to; a loopback one is announced on loopback only.

    fingerprint: of the CA, in hex.
    """

    def __init__(self, *, fleet: str, version: str, bind: str, rpc_port: int, http_port: int, fingerprint: str) -> None:
        self._bind = bind
        self._port = http_port
        self._text = {
            FLEET: fleet,
            VERSION: version,
            RPC_PORT: str(rpc_port),
            CA_PREFIX: fingerprint[:PREFIX],
        }
        # The names have to be this head's alone: two fleets, or two heads, may share a network and a machine.
        self._label = f"tensorfleet-{fingerprint[:8]}"
        self._zeroconf: AsyncZeroconf | None = None
        self._addresses: tuple[str, ...] = ()

    async def start(self) -> None:
        """Announces the head. Raises Unavailable where the machine cannot speak mDNS."""
        self._addresses = announced(self._bind)
        try:
            self._zeroconf = AsyncZeroconf(interfaces=self._interfaces())
            await (await self._zeroconf.async_register_service(self._info(), allow_name_change=True))
        except (OSError, RuntimeError, Error) as error:
            await self.close()
            raise Unavailable(
                f"The head cannot be announced on the network: {error}.", "Agents find it with --head HOST:PORT."
            ) from error

    async def watch(self) -> None:
        """Follows the machine's addresses for ever. To be run after `start`."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            await self.refresh()

    async def refresh(self) -> None:
        """Announces the head anew if the machine's addresses have changed."""
        addresses = announced(self._bind)
        if self._zeroconf is None or addresses == self._addresses:
            return
        log.info("addresses changed", extra=fields(addresses=", ".join(addresses)))
        self._addresses = addresses
        try:
            await self._zeroconf.async_update_interfaces(self._interfaces())
            await (await self._zeroconf.async_update_service(self._info()))
        except (OSError, RuntimeError, Error) as error:
            log.warning("not announced", extra=fields(error=str(error)))

    async def close(self) -> None:
        """Says goodbye, so that the head is gone from listings at once. May be called twice."""
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()

    def _interfaces(self) -> InterfaceChoice | list[str | int | tuple[tuple[str, int, int], int]]:
        """Where to speak mDNS, always over IPv4: an IPv6 address is announced on all interfaces."""
        if self._bind in _ANYWHERE or ":" in self._addresses[0]:
            return InterfaceChoice.All
        return [*self._addresses]

    def _info(self) -> AsyncServiceInfo:
        return AsyncServiceInfo(
            SERVICE_TYPE,
            f"{self._label}.{SERVICE_TYPE}",
            port=self._port,
            properties=self._text,
            server=f"{self._label}.local.",
            parsed_addresses=list(self._addresses),
        )


def announced(bind: str) -> tuple[str, ...]:
    """The addresses under which other machines reach what is bound to `bind`; of loopback, its own."""
    if bind not in _ANYWHERE:
        return (_number(bind),)
    found = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            address = ip_address(entry.ip if isinstance(entry.ip, str) else entry.ip[0])
            if address.is_loopback or (address.version == 6 and (bind != "::" or address.is_link_local)):
                continue  # fe80 addresses mean nothing without the reader's own interface
            found.append(str(address))
    return tuple(found) or ("127.0.0.1",)


def _number(host: str) -> str:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return socket.gethostbyname(host)
