"""A fleet that lives in simulated time: jobs start where the scheduler says, run for as long as the dice said, and end.

What the scheduler needs for it is measured in CPU time of this thread, so that other programs on the machine count for
little.
"""

from __future__ import annotations

import heapq
import math
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Policy
from unit.scheduling.board import HOUR, ask, scheduler

SIZES = (1, 1, 1, 1, 2, 2, 4, 8, 16)
"""GPUs that jobs ask for."""

LIMITS = (HOUR, 8 * HOUR, 24 * HOUR, 7 * 24 * HOUR)
"""What people give as the longest run time: the next of these above the real one."""

SHORTEST, LONGEST = 300.0, 48 * HOUR
"""Run times, evenly distributed on a logarithmic scale."""


@dataclass(slots=True)
class Job:
    """seconds: of work left. began: its last start. epoch: counts its starts."""

    ask: Ask
    seconds: float
    began: float = 0.0
    epoch: int = 0


@dataclass(slots=True)
class Measured:
    """passes: CPU seconds of each. busy: of all that the scheduler did, enqueueing and ends too."""

    passes: list[float] = field(default_factory=list)
    busy: float = 0.0
    starts: int = 0
    interrupted: int = 0

    def pass_ms(self, part: float) -> float:
        """The pass at this quantile, in milliseconds."""
        return sorted(self.passes)[max(0, math.ceil(part * len(self.passes)) - 1)] * 1e3


def jobs(dice: random.Random, limited: float, teams: int = 10) -> Iterator[Job]:
    """Endless. limited: part of them that has a limit."""
    number = 0
    while True:
        number += 1
        seconds = math.exp(dice.uniform(math.log(SHORTEST), math.log(LONGEST)))
        limit = next(each for each in LIMITS if each >= seconds) if dice.random() < limited else 0.0
        name = f"job-{number:08d}"
        team, user = f"team-{dice.randrange(teams)}", f"user-{dice.randrange(5)}"
        yield Job(ask(name, dice.choice(SIZES), number / 1000, team=team, user=user, limit=limit), seconds)


class Life:
    """Nodes of eight GPUs, and whoever waits and runs there."""

    def __init__(self, nodes: int, policy: Policy) -> None:
        self.board = scheduler(nodes, 8, policy)
        self.now = 1000.0
        self.known: dict[str, Job] = {}
        self.held: Counter[str] = Counter()
        """GPU-seconds by team."""
        self.steps = 0
        """Starts, ends and interruptions: what happened, whatever the machine."""
        self._ends: list[tuple[float, str, int]] = []

    def submit(self, job: Job) -> None:
        job.ask.since = self.now
        self.known[job.ask.id] = job
        self.board.enqueue(job.ask)

    def settle(self, measured: Measured) -> int:
        """Passes until nobody is told to make room any more. How many jobs started."""
        starts = 0
        while True:
            before = time.thread_time()
            decision = self.board.decide(self.now)
            spent = time.thread_time() - before
            measured.passes.append(spent)
            measured.busy += spent
            for begun, _, _ in decision.starts:
                job = self.known[begun.id]
                job.began, job.epoch = self.now, job.epoch + 1
                heapq.heappush(self._ends, (self.now + job.seconds, begun.id, job.epoch))
            starts += len(decision.starts)
            leaving = [name for name, _ in decision.leave]
            for name in leaving:
                job = self.known[name]
                job.seconds -= self.now - job.began
                self._ended(name, measured)
                self.submit(job)
            measured.interrupted += len(leaving)
            self.steps += len(decision.starts) + len(leaving)
            if not leaving:
                measured.starts += starts
                return starts

    def next_end(self, measured: Measured) -> Job | None:
        """Time goes on until somebody ends."""
        while self._ends:
            at, name, epoch = heapq.heappop(self._ends)
            job = self.known.get(name)
            if job and job.epoch == epoch and name in self.board.holdings:
                self.now = max(self.now, at)
                self._ended(name, measured)
                del self.known[name]
                self.steps += 1
                return job
        return None

    def _ended(self, name: str, measured: Measured) -> None:
        holding = self.board.holdings[name]
        self.held[holding.ask.team] += holding.ranks * (self.now - holding.started)
        before = time.thread_time()
        self.board.ended(name, self.now)
        measured.busy += time.thread_time() - before
