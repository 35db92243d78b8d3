"""Row 4: kill -9 of the head at every step between hearing, storing and telling. Nothing that was acknowledged is
lost, nothing runs twice, the queue keeps its order, and every line is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from process.head_child import STEPS

CHILD = str(Path(__file__).with_name("head_child.py"))
QUEUED = 4
"""Jobs that wait at most, while the head dies."""

READY = 1.5 * 3
"""Seconds from a start of the head to its first answer; 1.5 on a machine that does nothing else."""

SCRIPT = """\
import os, tensorfleet
print(open("number").read(), flush=True)
open({ran!r}, "a").write(open("number").read() + "\\n")
tensorfleet.init().log(loss=1.0, step=1)
print("done")
"""


class Doomed:
    """Starts the head of `fleet` again and again: one life for each of `counts`, which ends when it comes to `step` for
    that many times, and a last one without end. ready: seconds until that one answered."""

    def __init__(self, fleet: Fleet, step: str, counts: tuple[int, ...]) -> None:
        self._fleet = fleet
        self._step = step
        self._counts = counts
        self._died = 0
        self._thread = threading.Thread(target=self._run)
        self.ready = 0.0
        about = fleet.about
        ports = ["--http-port", fleet.url.rpartition(":")[2], "--rpc-port", str(about["rpc_port"])]
        self._command = [sys.executable, CHILD, "head", "--data-dir", str(fleet.data), "--host", "127.0.0.1", *ports]

    def __enter__(self) -> Doomed:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()

    @property
    def all_died(self) -> bool:
        return self._died == len(self._counts)

    def _run(self) -> None:
        for count in self._counts:
            with self._live(f"{self._step} {count}") as process:
                assert process.wait() == -signal.SIGKILL
            self._died += 1
        file, began = self._fleet.data / "head.json", time.time()
        self._fleet.processes["head"] = self._live("")
        wait_for(lambda: file.stat().st_mtime > began, "the head is ready")
        self.ready = file.stat().st_mtime - began

    def _live(self, crash: str) -> subprocess.Popen[bytes]:
        with open(self._fleet.root / "head.log", "ab") as log:
            environment = {**os.environ, "HOME": str(self._fleet.root), "CRASH": crash}
            return subprocess.Popen(
                [*self._command, "--no-mdns"],
                env=environment | {"PYTHONPATH": str(Path(CHILD).parents[2])},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@pytest.mark.parametrize("step", STEPS)
def test_the_head_dies_where(tmp_path: Path, step: str) -> None:
    die(tmp_path, step, (3,))


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("step", STEPS)
def test_the_head_dies_again_and_again_where(tmp_path: Path, step: str) -> None:
    die(tmp_path, step, (1, 2, 5, 8, 13))


def die(root: Path, step: str, counts: tuple[int, ...]) -> None:
    with Fleet(root) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        ran, code = root / "ran", root / "code"
        ran.touch()
        code.mkdir()
        (code / "main.py").write_text(SCRIPT.format(ran=str(ran)))
        client = fleet.client
        client.health()
        fleet.end("head")
        acknowledged: list[str] = []
        with Doomed(fleet, step, counts) as doomed:
            while not (doomed.all_died and len(acknowledged) >= 2):
                wait_for(
                    lambda: doomed.all_died or len(acknowledged) - len(ran.read_text().split()) < QUEUED,
                    f"it comes to {step}, or to the next job",
                )
                (code / "number").write_text(str(len(acknowledged)))
                acknowledged.append(client.run([sys.executable, "main.py"], workdir=code, slots=1).id)
        for number, job in enumerate(acknowledged):
            done = fleet.finished(job)
            assert (done.state, done.attempt) == ("succeeded", 1), done
            assert fleet.lines(job) == [str(number), "done"]
            (curve,) = fleet.client.metrics(job, name="loss")
            assert curve.count == 1
        assert [job.id for job in fleet.client.jobs()][::-1] == acknowledged, "each once, and no other"
        assert ran.read_text().split() == [str(number) for number in range(len(acknowledged))], "in order, once each"
        events = [event.id for event in fleet.client.events()]
        assert events == list(range(1, len(events) + 1))
        print(f"{step}: {len(counts)} deaths, {len(acknowledged)} acknowledged, none lost, ready {doomed.ready:.2f} s")
        assert doomed.ready < READY
