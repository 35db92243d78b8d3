"""Machines in a laboratory: network namespaces on one bridge, at 10.77.0.1, .2, .3 and so on.

    with Lab(3) as lab:
        lab.hosts[0].run("ping", "-c1", lab.hosts[1].address)

The bridge has a namespace of its own, so that nothing of the real network is touched. What was started in a host
is killed at the end, and the namespaces go, whatever happened in between.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar

import pytest

SUBNET = "10.77.0"
CLONE_NEWNET = 0x40000000

T = TypeVar("T")


class Host:
    """One machine. address: where the others reach it. Its processes see this machine's files."""

    def __init__(self, space: str, address: str, port: str, bridge: str) -> None:
        self.space = space
        self.address = address
        self._port = port
        self._bridge = bridge
        self._started: list[subprocess.Popen[str]] = []
        self._thread: ThreadPoolExecutor | None = None

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

    def inside(self, call: Callable[[], T]) -> T:
        """What `call` answers in this host's network: for a client in this process, on a thread of its own."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, initializer=_enter, initargs=(self.space,))
        return self._thread.submit(call).result()

    def drop(self, *rules: str) -> None:
        """From now on, packets that `rules` match are dropped without a word: each is a chain (`input` or `output`)
        and what nft is to match there."""
        _need_nft()
        text = "table inet faults {\n"
        for chain in ("input", "output"):
            matches = [rule.partition(" ")[2] for rule in rules if rule.split()[0] == chain]
            lines = [f"type filter hook {chain} priority 0;", *(f"{match} drop;" for match in matches)]
            text += f"chain {chain} {{ {' '.join(lines)} }}\n"
        self._nft("-f", "-", text=f"table inet faults\ndelete table inet faults\n{text}}}\n")

    def deaf(self) -> None:
        """Nothing comes in any more; what it says still goes out."""
        self.drop("input iifname eth0")

    def mute(self) -> None:
        """Nothing goes out any more; what others say still comes in."""
        self.drop("output oifname eth0")

    def apart(self) -> None:
        """Nothing comes in, nothing goes out."""
        self.drop("input iifname eth0", "output oifname eth0")

    def heal(self) -> None:
        """Every packet gets through again."""
        self._nft("delete", "table", "inet", "faults")

    def die(self) -> None:
        """The machine loses its power: silent from one moment to the next, and nothing of it is left."""
        self.cut()
        self.close()

    def cut(self) -> None:
        """Pulls the host's cable."""
        _ip("-n", self._bridge, "link", "set", self._port, "down")

    def mend(self) -> None:
        """Plugs it in again."""
        _ip("-n", self._bridge, "link", "set", self._port, "up")

    def close(self) -> None:
        if self._thread:
            self._thread.shutdown()
            self._thread = None
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

    def _nft(self, *argv: str, text: str = "") -> None:
        subprocess.run(self.command("nft", *argv), input=text, check=True, capture_output=True, text=True)


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


def _enter(space: str) -> None:
    """Takes the calling thread, and no other, into the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{space}") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {space}")


def _need_nft() -> None:
    if shutil.which("nft") is None:
        pytest.skip("the program `nft` is missing (Debian: nftables)")


def _with(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})}


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, capture_output=True, text=True)
