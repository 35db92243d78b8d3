"""Ports for a rendezvous: reserved when an attempt is prepared, given up the moment its ranks start."""

from __future__ import annotations

import socket


class Reservation:
    """A TCP port nobody else gets while this is open. Bound but never listening, so it accepts nobody."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("", 0))
        self.port: int = self._socket.getsockname()[1]

    def release(self) -> None:
        """Frees the port for the rank that will listen on it. May be called twice."""
        self._socket.close()


def local_address_towards(host: str) -> str:
    """The address of this machine that packets to `host` leave from; the loopback when there is no route."""
    probe = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    with probe:
        try:
            probe.connect((host, 9))
            address: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
        return address
