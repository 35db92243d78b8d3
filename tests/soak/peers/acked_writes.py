"""Jobs that the head acknowledged, and does not know after a kill -9 of it: several submitters at once, any instant.

Usage: acked_writes.py [--kills N] [--submitters N] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from figures import tell

sys.path.insert(0, str(Path(__file__).parents[2]))

from process.fleet import Fleet
from tensorfleet.client import Client
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.jobfile import JobFile

WHAT = "tensorfleet: kill -9 of the head under submissions"


class Submitters:
    """Submit as fast as they are answered, until the end. A submission without an answer counts for nothing."""

    def __init__(self, fleet: Fleet, count: int) -> None:
        self._over = threading.Event()
        self.acknowledged: list[str] = []
        key = (fleet.data / "admin.key").read_text().strip()
        clients = [Client(fleet.url, key, timeout=5) for _ in range(count)]
        self._threads = [threading.Thread(target=self._submit, args=(client,)) for client in clients]

    def __enter__(self) -> Submitters:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _submit(self, client: Client) -> None:
        while not self._over.is_set():
            try:
                self.acknowledged.append(client.submit(JobFile(run="true")).id)
            except TensorFleetError:
                self._over.wait(0.05)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--submitters", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    times = []
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder)) as fleet:
        with Submitters(fleet, arguments.submitters) as submitters:
            for _ in range(arguments.kills):
                before, due = len(submitters.acknowledged), time.monotonic() + chance.uniform(1.0, 3.0)
                while time.monotonic() < due or len(submitters.acknowledged) == before:
                    time.sleep(0.001)
                killed = time.monotonic()
                fleet.end("head", signal.SIGKILL)
                fleet.start_head()
                times.append(time.monotonic() - killed)
        known = [job.id for job in fleet.client.jobs()]
    told = submitters.acknowledged
    lost = len(told) - len(set(told) & set(known))
    tell(WHAT, times, n=len(told), kills=arguments.kills, lost=lost, twice=len(known) - len(set(known)))
    if lost:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
