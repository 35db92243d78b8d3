"""The names under which other machines may know this one."""

from __future__ import annotations

import ipaddress
import socket


def own_names(host: str | None) -> tuple[str, ...]:
    """Host names; `host`, what the head was told to bind, is one of them if it is a name."""
    own = socket.gethostname()
    names = [own, socket.getfqdn(), f"{own.partition('.')[0]}.local", "localhost"]
    if host and not _is_address(host):
        names.append(host)
    return tuple(dict.fromkeys(name for name in names if name))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
