"""Machines in a laboratory: network namespaces on one bridge, at 10.77.0.1, .2, .3 and so on.

    with Lab(3) as lab:
        lab.hosts[0].run("ping", "-c1", lab.hosts[1].address)

The bridge has a namespace of its own, so that nothing of the real network is touched. What was started in a host
is killed at the end, and the namespaces go, whatever happened in between.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import pytest

SUBNET = "10.77.0"


class Host:
    """One machine. address: where the others reach it. Its processes see this machine's files."""

    def __init__(self, space: str, address: str, port: str, bridge: str) -> None:
        self.space = space
        self.address = address
        self._port = port
        self._bridge = bridge
        self._started: list[subprocess.Popen[str]] = []

    def command(self, *argv: str) -> list[str]:
        """`argv` as this host's."""
        return ["ip", "netns", "exec", self.space, *argv]

    def run(
        self, *argv: str, timeout: float = 30, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs to its end, at most `timeout` seconds; its exit code is the caller's to check."""
        return subprocess.run(
            self.command(*argv), capture_output=True, text=True, timeout=timeout, env=_with(env), check=False
        )

    def start(
        self, *argv: str, env: Mapping[str, str] | None = None, stderr: IO[str] | None = None
    ) -> subprocess.Popen[str]:
        """Starts in the background, in a session of its own; stdin and stdout are pipes."""
        process = subprocess.Popen(
            self.command(*argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=_with(env),
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def cut(self) -> None:
        """Pulls the host's cable."""
        _ip("-n", self._bridge, "link", "set", self._port, "down")

    def mend(self) -> None:
        """Plugs it in again."""
        _ip("-n", self._bridge, "link", "set", self._port, "up")

    def close(self) -> None:
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()
        # What left its session is still in the namespace, which holds nothing else.
        pids = subprocess.run(["ip", "netns", "pids", self.space], capture_output=True, text=True, check=False)
        for pid in map(int, pids.stdout.split()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Lab:
    """`count` hosts. Skips the test where namespaces cannot be made."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._mark = f"tf{secrets.token_hex(3)}"
        self._bridge = f"{self._mark}b"
        self.hosts: list[Host] = []

    def __enter__(self) -> Lab:
        if os.geteuid() != 0:
            pytest.skip("network namespaces take root")
        if shutil.which("ip") is None:
            pytest.skip("the program `ip` is missing (Debian: iproute2)")
        made = subprocess.run(["ip", "netns", "add", self._bridge], capture_output=True, text=True, check=False)
        if "not permitted" in made.stderr:
            pytest.skip(f"no network namespaces here: {made.stderr.strip()}")
        made.check_returncode()
        try:
            self._wire()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _wire(self) -> None:
        bridge = self._bridge
        # Snooping would keep multicast from ports whose host has not been asked, and nobody here asks.
        _ip("-n", bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        _ip("-n", bridge, "link", "set", "br0", "up")
        for number in range(1, self._count + 1):
            space, port = f"{self._mark}h{number}", f"port{number}"
            host = Host(space, f"{SUBNET}.{number}", port, bridge)
            _ip("netns", "add", space)
            self.hosts.append(host)
            _ip("-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("-n", bridge, "link", "set", port, "master", "br0", "up")
            _ip("-n", space, "address", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", space, "link", "set", "lo", "up")
            _ip("-n", space, "link", "set", "eth0", "up")
            _ip("-n", space, "route", "add", "default", "dev", "eth0")

    def _remove(self) -> None:
        for host in self.hosts:
            host.close()
        for space in (*(host.space for host in self.hosts), self._bridge):
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)


def _with(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})}


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, capture_output=True, text=True)
