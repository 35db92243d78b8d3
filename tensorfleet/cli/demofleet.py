"""A whole fleet on this machine: a head and agents as child processes on loopback, and none of them left at the end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tensorfleet.client import Client
from tensorfleet.client.locate import read_head
from tensorfleet.core.job import TERMINAL
from tensorfleet.errors import TensorFleetError, Unavailable

START = 60.0
"""Seconds that head and agents have to come up."""

STOP = 10.0
"""Seconds that they have to end by themselves."""

PR_SET_CHILD_SUBREAPER = 36


class DemoFleet:
    """root: where everything of it is kept, so that the next start is quick. names: of the agents, one slot each."""

    def __init__(self, root: Path, names: tuple[str, ...]) -> None:
        self.root = root
        self.data_dir = root / "head"
        self._names = names
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> DemoFleet:
        # Whatever an agent leaves behind becomes a child of ours, and is found at the end.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        agents = [child for name, child in self._children.items() if name != "head"]
        self._end(agents)
        self._end([child for name, child in self._children.items() if name == "head"])
        _end_orphans()

    def start(self) -> Client:
        """Brings it up; answers a client with every right. Raises Unavailable with what the failing part said."""
        (self.data_dir / "head.json").unlink(missing_ok=True)
        ports = ("--http-port", "0", "--rpc-port", "0")
        self._spawn("head", "--data-dir", str(self.data_dir), "--host", "127.0.0.1", *ports, "--no-mdns")
        self._until(lambda: read_head(self.data_dir) is not None, "The head did not start")
        about = read_head(self.data_dir)
        if about is None:
            raise Unavailable("The head withdrew its address.", "Try again.")
        for name in self._names:
            self._spawn(
                "agent",
                *("--head", f"127.0.0.1:{about.rpc_port}", "--join", f"@{self.data_dir / 'join.token'}"),
                *("--data-dir", str(self.root / name), "--name", name, "--slots", "1"),
                called=name,
            )
        client = Client(about.url, (self.data_dir / "admin.key").read_text().strip())
        self._until(lambda: self._online(client), "The agents did not join")
        return client

    def _online(self, client: Client) -> bool:
        return {w.name for w in client.workers() if w.state == "online"} >= set(self._names)

    def check(self) -> None:
        """Raises Unavailable when a part of it has ended."""
        for name, child in self._children.items():
            if child.poll() is not None:
                raise Unavailable(
                    f"{name} ended with code {child.returncode}: {self._last_words(name)}", self._hint(name)
                )

    def hold(self) -> None:
        """Returns only by an error or a signal."""
        while True:
            self.check()
            time.sleep(1.0)

    def kill_jobs(self, client: Client) -> None:
        """Ends whatever still runs, so that agents can go without leaving anything."""
        with contextlib.suppress(TensorFleetError):
            for job in [job for job in client.jobs() if job.state not in TERMINAL]:
                client.kill(job.id)
                client.wait(job.id)

    def _spawn(self, verb: str, *arguments: str, called: str = "") -> None:
        name = called or verb
        with open(self.root / f"{name}.log", "wb") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", "tensorfleet.cli", verb, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us, who then end them in order
            )

    def _until(self, ready: Callable[[], bool], failure: str) -> None:
        deadline = time.monotonic() + START
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise Unavailable(f"{failure} within {START:.0f} seconds.", f"Its log is in {self.root}.")
            time.sleep(0.02)

    def _last_words(self, name: str) -> str:
        lines = [line for line in (self.root / f"{name}.log").read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("error: ")]
        return (errors or lines or ["it said nothing"])[-1].removeprefix("error: ")[:300]

    def _hint(self, name: str) -> str:
        return f"Its log is {self.root / f'{name}.log'}."

    def _end(self, children: list[subprocess.Popen[bytes]]) -> None:
        for child in children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP
        for child in children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _end_orphans() -> None:
    """Kills and reaps what the fleet's processes left to us, and what those leave in turn."""
    deadline = time.monotonic() + STOP
    while (orphans := _children_of(os.getpid())) and time.monotonic() < deadline:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in file.read_text().split()]
    return found
