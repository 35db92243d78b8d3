"""Somebody who submits small jobs all the while, and remembers which of them the head acknowledged."""

from __future__ import annotations

import threading

from process.fleet import Fleet
from tensorfleet.client import Client
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.jobfile import JobFile

PACE = 0.2
"""Seconds between two jobs."""


class Submitter:
    """A submit that fails is tried once more by nobody, and counts for nothing."""

    def __init__(self, fleet: Fleet) -> None:
        self._client = Client(fleet.url, (fleet.data / "admin.key").read_text().strip(), timeout=2.0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._submit)
        self.acknowledged: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _submit(self) -> None:
        while not self._over.wait(PACE):
            try:
                self.acknowledged.append(self._client.submit(JobFile(run="true", name="small", priority=10)).id)
            except TensorFleetError:
                continue

    def lost(self, fleet: Fleet) -> int:
        """How many acknowledged jobs the head does not know."""
        known = {job.id for job in fleet.client.jobs()}
        return sum(job not in known for job in self.acknowledged)
