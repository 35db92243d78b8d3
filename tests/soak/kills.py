"""Random kills under a checkpointed training of two nodes: who is killed, and what holds at the end.

A rank, a shim, an agent or the head gets SIGKILL; agent and head are started again at once, as their service manager
would. Meanwhile somebody submits small jobs and counts what was acknowledged. The same seed kills in the same order.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from process import torchrun
from process.fleet import Fleet, wait_for
from soak.record import Record, Step
from soak.submitter import Submitter
from tensorfleet.client import Client
from tensorfleet.wire.jobfile import JobFile, ResourcesFile

TRAINING = Path(__file__).with_name("training.py")
TORCHRUN = str(Path(sys.executable).with_name("torchrun"))
KINDS = ("rank", "shim", "agent", "head")
PATIENCE = 90.0
"""Seconds within which the training has to go on after a kill."""

AHEAD = 200
"""Steps between the word where to end and that end."""


def submit_training(client: Client, folder: Path) -> str:
    """The id of a training on two nodes that records itself in `folder`."""
    run = ["python", str(TRAINING), str(folder)]
    return client.submit(JobFile(run=run, name="training", priority=90, resources=ResourcesFile(nodes=2, slots=1))).id


@dataclass
class Report:
    """again: seconds from each kill to the next step of the training, by who was killed: for a rank or a shim the
    first step of the next attempt. loading: the seconds of these that went into reading the checkpoint. told: seconds
    until the head showed the truth again, after an agent or the head was killed. differing: steps whose loss is not
    the one of an undisturbed run under torchrun. lines_lost: printed lines that the head does not have."""

    again: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    loading: list[float] = field(default_factory=list)
    told: dict[str, list[float]] = field(default_factory=lambda: {"agent": [], "head": []})
    acknowledged: int = 0
    lost: int = 0
    orphans: int = 0
    differing: int = 0
    lines_lost: int = 0
    steps: int = 0
    repeated: int = 0
    attempts: int = 0
    state: str = ""
    nodes_busy: int = 0


class Disturbed:
    """One fleet with two agents, one training, and the kills. flags: for the agents."""

    def __init__(self, root: Path, seed: int, *flags: str) -> None:
        self._root = root
        self._random = random.Random(seed)
        self._flags = flags or ("--slots", "2")
        self._record = Record(root / "record")
        self.report = Report()

    def run(self, kills: int, say: Callable[[str], None] = lambda text: None) -> Report:
        """Trains, kills `kills` times, lets the training end, and looks at what is left."""
        order = [KINDS[count % len(KINDS)] for count in range(kills)]
        self._random.shuffle(order)
        (self._root / "fleet").mkdir()
        with Fleet(self._root / "fleet") as fleet:
            for name in ("a", "b"):
                fleet.agent(name, *self._flags)
            job = submit_training(fleet.client, self._record.folder)
            submitter = Submitter(fleet)
            submitter.start()
            self._steps_after(0, 60)
            for count, kind in enumerate(order, 1):
                took = self._kill(fleet, job, kind)
                say(f"{count}/{kills}  {kind:5}  {took:5.2f} s  step {self._record.steps[-1].number}")
                self._steps_after(len(self._record.steps), self._random.randint(20, 120))
            (self._root / "record" / "last").write_text(str(self._record.read()[-1].number + AHEAD))
            self.report.state = fleet.finished(job, 120).state
            submitter.end()
            self._judge(fleet, job, submitter)
        return self.report

    def _steps_after(self, before: int, more: int) -> None:
        wait_for(lambda: len(self._record.read()) >= before + more, f"{more} steps more", PATIENCE)

    def _kill(self, fleet: Fleet, job: str, kind: str) -> float:
        """Kills one of `kind`, and waits for the training to go on; the seconds until it did."""
        before = self._record.read()[-1]
        victim = self._victim(fleet, job, kind)
        began = time.time()
        if kind in ("rank", "shim"):
            os.kill(victim, signal.SIGKILL)
            first = self._first(lambda step: step.attempt > before.attempt)
            self.report.loading.append(first.loading)
        else:
            name = "head" if kind == "head" else self._random.choice("ab")
            fleet.end(name, signal.SIGKILL)
            fleet.start_head() if kind == "head" else fleet.agent(name)
            back = time.time()
            wait_for(lambda: self._is_true(fleet, job), "the head shows the truth", 30)
            self.report.told[kind].append(time.time() - back)
            first = self._first(lambda step: step.at > began)
            assert first.attempt == before.attempt, f"a killed {kind} cost the attempt"
        took = first.at - began
        self.report.again[kind].append(took)
        return took

    def _victim(self, fleet: Fleet, job: str, kind: str) -> int:
        attempt = self._record.steps[-1].attempt
        if kind == "rank":
            number, pid = self._record.pid(self._random.randrange(2))
            assert number == attempt
            return pid
        shims = list(self._root.glob(f"fleet/agent-*/runs/{job}.{attempt}.*/shim.json"))
        return int(json.loads(self._random.choice(sorted(shims)).read_text())["pid"]) if kind == "shim" else 0

    def _first(self, wanted: Callable[[Step], bool]) -> Step:
        seen = len(self._record.read())
        found: list[Step] = [step for step in self._record.steps[-200:] if wanted(step)]

        def look() -> bool:
            nonlocal seen
            steps = self._record.read()
            found.extend(step for step in steps[seen:] if wanted(step))
            seen = len(steps)
            return bool(found)

        wait_for(look, "the training goes on", PATIENCE)
        return found[0]

    def _is_true(self, fleet: Fleet, job: str) -> bool:
        view = fleet.client.job(job)
        return view.state == "running" and view.reachable and self._fresh(view.attempt)

    def _fresh(self, attempt: int) -> bool:
        return attempt == self._record.read()[-1].attempt

    def _judge(self, fleet: Fleet, job: str, submitter: Submitter) -> None:
        report, steps = self.report, self._record.read()
        report.steps, report.attempts = max(step.number for step in steps), fleet.client.job(job).attempt
        report.repeated = len(steps) - report.steps
        report.acknowledged, report.lost = len(submitter.acknowledged), submitter.lost(fleet)
        wait_for(lambda: all(not worker.jobs for worker in fleet.client.workers()), "the small jobs end", 120)
        report.nodes_busy = sum(bool(worker.jobs) for worker in fleet.client.workers())
        report.orphans = len(list(fleet.tasks()))
        undisturbed = self._undisturbed(report.steps)
        report.differing = sum(losses != {undisturbed[number]} for number, losses in self._record.curve().items())
        report.lines_lost = self._lines_lost(fleet, job, steps)

    def _undisturbed(self, steps: int) -> dict[int, float]:
        """The losses of the same training under torchrun, which nobody disturbs."""
        record = Record(self._root / "undisturbed")
        (record.folder / "last").write_text(str(steps))
        command = [TORCHRUN, "--nproc-per-node", "2", "--standalone", str(TRAINING), str(record.folder)]
        environment = {**os.environ, "PACE": "0", "OMP_NUM_THREADS": "1"}
        torchrun.run(command, env=environment, cwd=record.folder, timeout=1800)
        return {step.number: step.loss for step in record.read()}

    def _lines_lost(self, fleet: Fleet, job: str, steps: list[Step]) -> int:
        """Lines of rank 0 that the head does not have. The end of an attempt whose shim was killed may be missing:
        what was still in its pipe died with it."""
        lost = 0
        for attempt in {step.attempt for step in steps}:
            kept = {line.text for line in fleet.client.logs(job, rank=0, attempt=attempt)}
            printed = [f"step {step.number}" for step in steps if step.attempt == attempt]
            missing = [line for line in printed if line not in kept]
            lost += 0 if missing == printed[len(printed) - len(missing) :] and len(missing) <= 3 else len(missing)
        return lost
