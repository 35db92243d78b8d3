"""Heads and agents of the command line on the hosts of a `Lab`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lab import Host

COMMAND = str(Path(sys.executable).with_name("tensorfleet"))


def wait_for(what: Callable[[], object], why: str, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {why}"
        time.sleep(0.1)


class Head:
    """A head on its own host, asked by the command line of that host."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.data = folder
        self.environment = {**os.environ, "TENSORFLEET_DATA_DIR": str(folder), "HOME": str(folder)}
        self.process: subprocess.Popen[str] | None = None

    @property
    def about(self) -> dict[str, str]:
        """What the head tells of itself on its own machine."""
        found: dict[str, str] = json.loads((self.data / "head.json").read_text())
        return found

    def start(self) -> None:
        log = open(f"{self.data}.log", "a")  # noqa: SIM115 # the process owns it from here on
        arguments = ["head", "--host", "0.0.0.0", "--data-dir", str(self.data)]
        self.process = self.host.start(COMMAND, *arguments, env=self.environment, stderr=log)
        log.close()
        assert self.process.stdout
        assert "is ready" in self.process.stdout.readline(), Path(f"{self.data}.log").read_text()

    def ask(self, *arguments: str) -> str:
        done = self.host.run(COMMAND, *arguments, timeout=60, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def nodes(self) -> dict[str, str]:
        return {node["name"]: node["state"] for node in json.loads(self.ask("nodes", "--json"))}

    def state(self, job: str) -> str:
        state: str = json.loads(self.ask("show", job, "--json"))["state"]
        return state


def start_agent(host: Host, folder: Path, name: str, head: Head) -> None:
    """An agent that is told a token and nothing else: neither where the head is, nor that there are two."""
    environment = {**os.environ, "TENSORFLEET_DATA_DIR": str(folder / "no-head-here"), "HOME": str(folder)}
    token = (head.data / "join.token").read_text().strip()
    arguments = [
        "agent",
        "--join",
        token,
        "--name",
        name,
        "--slots",
        "1",
        "--no-warm",
        "--data-dir",
        str(folder / name),
    ]
    with open(folder / f"{name}.log", "a") as log:
        host.start(COMMAND, *arguments, env=environment, stderr=log)
