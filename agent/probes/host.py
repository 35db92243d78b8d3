"""Who this machine is and where others reach it."""

from __future__ import annotations

import ipaddress
import os
import platform
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tensorfleet.wire.telemetry import Address

BRIDGES = (
    "docker",
    "br-",
    "veth",
    "virbr",
    "cni",
    "flannel",
    "cali",
    "podman",
    "lxc",
    "lxd",
    "vmnet",
    "tun",
    "tap",
)
"""Interfaces that usually lead to containers on the same machine, or over a slow tunnel."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def hostname() -> str:
    return socket.gethostname()


def boot_id() -> str:
    """The kernel's, new at each boot; empty where the kernel tells none."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def cpus() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0))


def memory() -> int:
    """Bytes of memory in the machine."""
    return int(psutil.virtual_memory().total)


def system() -> str:
    """Operating system and kernel in a few words, as "Linux 6.1.0 x86_64"."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def addresses() -> tuple[Address, ...]:
    """Addresses of interfaces that are up, best first: fast ones before slow, IPv4 before IPv6, bridges last.

    Link-local addresses are left out. The loopback is in it only where there is nothing else.
    """
    return rank(_ip_addresses(), {name: (s.isup, s.speed) for name, s in psutil.net_if_stats().items()})


def interface_of(address: str) -> str | None:
    """The interface that bears `address` (for GLOO_SOCKET_IFNAME), or None where this machine does not."""
    wanted = _plain(address)
    return next((name for name, own in _ip_addresses().items() if wanted in map(_plain, own)), None)


def rank(found: Mapping[str, Sequence[str]], state: Mapping[str, tuple[bool, int]]) -> tuple[Address, ...]:
    """`addresses` without asking the machine: `found` by interface, `state` as (up, megabits per second)."""
    usable = []
    loopback = []
    for name, own in found.items():
        up, speed = state.get(name, (True, 0))
        for text in own if up else ():
            ip = ipaddress.ip_address(_plain(text))
            if ip.is_loopback:
                loopback.append((ip, name))
            elif not (ip.is_link_local or ip.is_unspecified or ip.is_multicast):
                usable.append((name.startswith(BRIDGES), -speed, ip.version, name, int(ip), ip))
    if not usable:
        loopback.sort(key=lambda pair: pair[0].version)
        return tuple(Address(address=str(ip), interface=name) for ip, name in loopback[:1])
    return tuple(
        Address(address=str(ip), interface=name, speed_mbit=-speed) for _, speed, _, name, _, ip in sorted(usable)
    )


def _ip_addresses() -> dict[str, list[str]]:
    families = (socket.AF_INET, socket.AF_INET6)
    return {
        name: [entry.address for entry in entries if entry.family in families]
        for name, entries in psutil.net_if_addrs().items()
    }


def _plain(address: str) -> str:
    """Without the zone that IPv6 carries after a percent sign, and in its shortest form."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return address
