"""The replay of a trace: the same scheduler as the head's, told of arrivals and ends at the times of the trace.

No run time is known to the scheduler, only limits. An interrupted job goes on where it was, after `preempt_cost`
seconds in which it holds its GPUs and does nothing.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tensorfleet.core.feasible import usable
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.scheduling.scheduler import Scheduler
from tensorfleet.errors import InvalidRequest
from tensorfleet.sim.replay.result import Outcome, Replay, Step, TraceJob

TOLD_EVERY = 200
"""Ends of jobs between two words about the progress."""

HALF = 50
"""The priority that shifts nobody."""


@dataclass(slots=True, eq=False)
class _Run:
    """done: of its work, 0 to 1. paid: GPU-seconds held. lost: of these, in restarts."""

    job: TraceJob
    ask: Ask
    done: float = 0.0
    began: float = -1.0
    paid: float = 0.0
    lost: float = 0.0
    starts: int = 0
    interrupted: int = 0
    epoch: int = 0
    since: float = 0.0
    size: int = 0


class _Engine:
    def __init__(self, jobs: Sequence[TraceJob], nodes: int, gpus_per_node: int, policy: Policy, cost: float) -> None:
        self.policy = replace(policy, restart_cost=cost)
        self.cost = cost
        self.scheduler = Scheduler(self.policy)
        for number in range(nodes):
            node = _node(number, gpus_per_node)
            self.scheduler.put_node(node, usable(node))
        self.capacity = nodes * gpus_per_node
        self.runs = {job.id: _Run(job, _ask(job, self.policy)) for job in jobs}
        self.arrivals = sorted(jobs, key=lambda job: job.submit)
        self.ends: list[tuple[float, str, int]] = []
        self.steps: list[Step] = []
        self.outcomes: list[Outcome] = []

    def go(self, told: Callable[[float], None] | None) -> Replay:
        arrived, now = 0, 0.0
        while arrived < len(self.arrivals) or self.ends or len(self.scheduler.line):
            coming = self.arrivals[arrived].submit if arrived < len(self.arrivals) else math.inf
            at = min(coming, self.ends[0][0] if self.ends else math.inf, max(self.scheduler.wake, now))
            if at == math.inf:
                left = sorted(self.scheduler.line.asks)
                raise InvalidRequest(
                    f"{len(left)} jobs could never start: {', '.join(left[:5])}.",
                    "The policy caps their team or user below what they ask for.",
                )
            now = at
            while arrived < len(self.arrivals) and self.arrivals[arrived].submit <= now:
                self._enqueue(self.runs[self.arrivals[arrived].id], now)
                arrived += 1
            while self.ends and self.ends[0][0] <= now:
                _, job_id, epoch = heapq.heappop(self.ends)
                if self.runs[job_id].epoch == epoch:
                    self._finish(self.runs[job_id], now)
            self._settle(now)
            self._note(now)
            if told and len(self.outcomes) % TOLD_EVERY == 0:
                told(len(self.outcomes) / len(self.runs))
        return Replay(tuple(self.outcomes), tuple(self.steps), self.capacity)

    def _settle(self, now: float) -> None:
        for _ in range(1000):
            decision = self.scheduler.decide(now)
            for ask, request, _ in decision.starts:
                self._start(self.runs[ask.id], request.ranks, now)
            for job_id in [*(each for each, _ in decision.leave), *(each for each, _ in decision.resize)]:
                self._interrupt(self.runs[job_id], now)
            if not decision.leave and not decision.resize:
                return
        raise RuntimeError("the scheduler does not come to rest")

    def _enqueue(self, run: _Run, now: float) -> None:
        run.ask.since = now
        self.scheduler.enqueue(run.ask)

    def _start(self, run: _Run, size: int, now: float) -> None:
        run.began = now if run.began < 0 else run.began
        delay = self.cost if run.starts else 0.0
        run.starts += 1
        run.epoch += 1
        run.since, run.size = now + delay, size
        heapq.heappush(self.ends, (now + delay + (1 - run.done) * _seconds(run.job, size), run.job.id, run.epoch))

    def _leave(self, run: _Run, now: float) -> None:
        began = run.since - (self.cost if run.starts > 1 else 0.0)
        worked = max(0.0, now - run.since)
        run.done += worked / _seconds(run.job, run.size)
        run.paid += (now - began) * run.size
        run.lost += (now - began - worked) * run.size
        run.epoch += 1
        self.scheduler.ended(run.job.id, now)

    def _interrupt(self, run: _Run, now: float) -> None:
        self._leave(run, now)
        run.interrupted += 1
        self._enqueue(run, now)

    def _finish(self, run: _Run, now: float) -> None:
        self._leave(run, now)
        self.outcomes.append(Outcome(run.job, run.began, now, run.interrupted, run.paid, run.lost))

    def _note(self, now: float) -> None:
        used = sum(each.ranks for each in self.scheduler.holdings.values())
        waiting = self.scheduler.line.asks.values()
        self.steps.append(Step(now, used, len(waiting), sum(ask.least for ask in waiting)))


def replay(
    jobs: Sequence[TraceJob],
    nodes: int,
    gpus_per_node: int,
    policy: Policy,
    preempt_cost: float,
    told: Callable[[float], None] | None = None,
) -> Replay:
    """What `policy` makes of `jobs` on `nodes` equal nodes. told: hears the part of the jobs that are over."""
    return _Engine(jobs, nodes, gpus_per_node, policy, preempt_cost).go(told)


def _seconds(job: TraceJob, size: int) -> float:
    return job.elastic[size] if job.elastic else job.duration


def _ask(job: TraceJob, policy: Policy) -> Ask:
    speed = None
    if job.elastic:
        sizes = {size: seconds for size, seconds in job.elastic.items() if size <= job.gpus}
        slowest = sizes[min(sizes)]
        speed = {size: slowest / seconds for size, seconds in sizes.items()}
    return Ask(
        id=job.id,
        request=Request(Kind.GPU, job.gpus),
        rank=job.submit - (job.priority - HALF) / HALF * policy.boost,
        team=job.team,
        user=job.user,
        limit=job.limit,
        speed=speed,
    )


def _node(number: int, gpus: int) -> Node:
    name = f"node-{number:04d}"
    cards = tuple(Gpu(f"{name}-{index}", index, "GPU", 1) for index in range(gpus))
    return Node(name, name, slots=0, cpus=1e6, memory=1 << 60, gpus=cards)
