"""A real head and real agents on the loopback, started by the command line as a person would.

Everything is in one temporary directory; at the end every process that the fleet ever started is gone, or the test
that left it fails.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

from tensorfleet.client import Client
from tensorfleet.wire.jobfile import JobFile, ResourcesFile
from tensorfleet.wire.rest import JobView

COMMAND = str(Path(sys.executable).with_name("tensorfleet"))
ENDED = ("succeeded", "failed", "cancelled")


def wait_for(what: Callable[[], object], why: str, seconds: float = 30.0) -> None:
    """Returns when `what` is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {why}"
        time.sleep(0.02)


class Fleet:
    """`with Fleet(tmp_path) as fleet:` has a head; `fleet.agent("a")` adds a node and waits until it is online.

    head_environ: further variables for the head."""

    def __init__(self, root: Path, head_environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        self._head_environ = dict(head_environ or {})
        self.data = root / "head"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._flags: dict[str, tuple[str, ...]] = {}
        self._ports = ("0", "0")

    def __enter__(self) -> Fleet:
        self.start_head()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in [name for name in self.processes if name != "head"]:
            self.end(name)
        if "head" in self.processes:
            self.end("head")
        left = list(self.tasks())
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if kind is not None:
            for log in sorted(self.root.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()[-3000:]}")

    @property
    def about(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.data / "head.json").read_text())
        return found

    @property
    def url(self) -> str:
        return str(self.about["url"])

    @property
    def client(self) -> Client:
        return Client(self.url, (self.data / "admin.key").read_text().strip())

    @property
    def environment(self) -> dict[str, str]:
        """For commands that are to find this head by its data directory."""
        return {**os.environ, "TENSORFLEET_DATA_DIR": str(self.data), "HOME": str(self.root)}

    def start_head(self, *flags: str) -> None:
        """Starts the head, on the ports it had before if it had any, and waits until it is ready."""
        before = (self.data / "head.json").stat().st_mtime_ns if (self.data / "head.json").exists() else 0
        http, rpc = self._ports
        arguments = ["--data-dir", str(self.data), "--host", "127.0.0.1", "--http-port", http, "--rpc-port", rpc]
        self._start("head", "head", *arguments, "--no-mdns", *flags)
        file = self.data / "head.json"
        wait_for(
            lambda: (file.exists() and file.stat().st_mtime_ns != before) or self.processes["head"].poll() is not None,
            "the head is ready",
        )
        assert self.processes["head"].poll() is None, (self.root / "head.log").read_text()
        self._ports = (self.url.rpartition(":")[2], str(self.about["rpc_port"]))

    def agent(self, name: str, *flags: str, online: bool = True) -> None:
        """Starts an agent, with `flags` or those it had before, and waits until it is `online`."""
        self._flags[name] = flags or self._flags.get(name, ("--no-warm",))
        head = f"127.0.0.1:{self._ports[1]}"
        token = f"@{self.data / 'join.token'}"
        arguments = ["--head", head, "--join", token, "--data-dir", str(self.root / f"agent-{name}"), "--name", name]
        self._start(name, "agent", *arguments, *self._flags[name])
        if online:
            wait_for(lambda: self.state_of(name) == "online", f"{name} is online")

    def state_of(self, node: str) -> str:
        return next((worker.state for worker in self.client.workers() if worker.name == node), "")

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends a process of the fleet and answers its exit status."""
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(15)

    def submit(self, *run: str, nodes: int | None = None, slots: int | None = None, **more: object) -> JobView:
        resources = ResourcesFile(nodes=nodes, slots=slots)
        return self.client.submit(JobFile(run=list(run), resources=resources, **more))  # type: ignore[arg-type]

    def finished(self, job: str, seconds: float = 30.0) -> JobView:
        wait_for(lambda: self.client.job(job).state in ENDED, f"{job} ends", seconds)
        return self.client.job(job)

    def running(self, job: str, seconds: float = 30.0) -> JobView:
        wait_for(lambda: self.client.job(job).state == "running", f"{job} runs", seconds)
        return self.client.job(job)

    def lines(self, job: str, rank: int | None = None) -> list[str]:
        return [line.text for line in self.client.logs(job, rank=rank)]

    def tasks(self) -> Iterator[int]:
        """Processes of this fleet's jobs, wherever they hide: by their environment, or by where they work (a rank
        forked from a warm worker shows the worker's environment)."""
        mark = f"TENSORFLEET_TASK_DIR={self.root}/".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    work = (entry / "cwd").readlink().is_relative_to(self.root) and "/runs/" in str(
                        (entry / "cwd").readlink()
                    )
                    if work or mark in (entry / "environ").read_bytes():
                        yield int(entry.name)
                except OSError:
                    continue

    def run(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """A command of the command line, with this head as its own unless `env` says otherwise."""
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=cwd or self.root,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def _start(self, name: str, *arguments: str) -> None:
        with open(self.root / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [COMMAND, *arguments],
                cwd=self.root,
                env={**os.environ, "HOME": str(self.root), **(self._head_environ if name == "head" else {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
