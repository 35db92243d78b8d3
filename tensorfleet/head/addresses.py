"""The names and addresses under which other machines may know this one."""

from __future__ import annotations

import ipaddress
import socket

import ifaddr


def own_names(host: str | None) -> tuple[str, ...]:
    """Host names, the one the head was told to bind among them if it is a name."""
    names = [socket.gethostname(), socket.getfqdn(), f"{socket.gethostname().partition('.')[0]}.local", "localhost"]
    if host and not _address(host):
        names.append(host)
    return tuple(dict.fromkeys(name for name in names if name))


def own_addresses() -> tuple[str, ...]:
    """Every address of this machine but the loopback and those good for one cable only; IPv4 first."""
    found = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            address = _address(entry.ip if isinstance(entry.ip, str) else entry.ip[0])
            if address and not (address.is_loopback or address.is_link_local):
                found.append(address)
    return tuple(str(address) for address in sorted(found, key=lambda address: (address.version, str(address))))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
