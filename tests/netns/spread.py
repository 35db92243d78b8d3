"""A fleet on the hosts of a `Lab`: the head on the first, an agent on each other, asked by REST.

    with Lab(3) as lab:
        fleet = Spread(lab, tmp_path)
        job = fleet.submit("true")

Every host sees the same files, and its clock is this machine's, so times of different hosts can be compared.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from hosted import COMMAND, Head, wait_for
from lab import Host, Lab

from tensorfleet.client import Client
from tensorfleet.wire.jobfile import JobFile, ResourcesFile
from tensorfleet.wire.rest import EventView, JobView, LogLine

T = TypeVar("T")


class Spread:
    """Agents are called n1, n2, … and have one slot each. warm: whether they keep warm workers."""

    def __init__(self, lab: Lab, folder: Path, warm: bool = False) -> None:
        self.folder = folder
        self._warm = [] if warm else ["--no-warm"]
        self.head = Head(lab.hosts[0], folder / "head")
        self.hosts = {f"n{number}": host for number, host in enumerate(lab.hosts[1:], 1)}
        self.head.start()
        for name in self.hosts:
            self.start_agent(name)
        key = (self.head.data / "admin.key").read_text().strip()
        self._client = Client(self.head.about["url"], key, ca=self.head.data / "ca.pem", timeout=10)
        self.online(*self.hosts)

    def start_agent(self, name: str) -> None:
        host, data = self.hosts[name], self.folder / name
        port = self.head.about["rpc_port"]
        arguments = ["--head", f"{self.head.host.address}:{port}", "--join", f"@{self.head.data / 'join.token'}"]
        arguments += ["--name", name, "--slots", "1", *self._warm, "--data-dir", str(data)]
        environment = {**os.environ, "TENSORFLEET_DATA_DIR": str(self.folder / "none"), "HOME": str(self.folder)}
        with open(self.folder / f"{name}.log", "a") as log:
            host.start(COMMAND, "agent", *arguments, env=environment, stderr=log)

    def ask(self, question: Callable[[Client], T]) -> T:
        return self.head.host.inside(lambda: question(self._client))

    def online(self, *names: str, seconds: float = 60) -> None:
        """Returns when the nodes `names` are online."""

        def states() -> dict[str, str]:
            return {worker.name: worker.state for worker in self.ask(lambda client: client.workers())}

        wait_for(lambda: all(states().get(name) == "online" for name in names), f"{names} are online", seconds)

    def submit(self, *run: str, nodes: int = 1, name: str = "") -> JobView:
        file = JobFile(run=list(run), name=name, resources=ResourcesFile(nodes=nodes, slots=1))
        return self.ask(lambda client: client.submit(file))

    def job(self, job: str) -> JobView:
        return self.ask(lambda client: client.job(job))

    def reaches(self, job: str, state: str, attempt: int = 1, seconds: float = 40) -> None:
        """Returns when `job` is in `state` in its attempt `attempt`."""

        def there() -> bool:
            view = self.job(job)
            return (view.state, view.attempt) == (state, attempt)

        wait_for(there, f"attempt {attempt} of {job} is {state}", seconds)

    def lines(self, job: str) -> list[LogLine]:
        return self.ask(lambda client: list(client.logs(job)))

    def events(self, kind: str, *, job: str = "", node: str = "") -> list[EventView]:
        """All events of `kind`, about `job` or the node of the name `node` where given, oldest first."""
        every = self.ask(lambda client: list(client.events(job)))
        return [event for event in every if event.kind == kind and node in ("", event.data.get("name"))]


def ranks(job: str, attempt: int) -> Iterator[int]:
    """The processes of an attempt, on whatever host."""
    marks = (f"TENSORFLEET_JOB_ID={job}".encode(), f"TENSORFLEET_ATTEMPT={attempt}".encode())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if all(mark in words for mark in marks):
                yield int(entry.name)


def host_of(fleet: Spread, job: str) -> Host:
    """The host on which the (first) share of `job` is."""
    return fleet.hosts[fleet.job(job).shares[0].node]
