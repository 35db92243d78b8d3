"""A thousand nodes of eight GPUs, and a hundred thousand jobs that wait for them."""

from __future__ import annotations

import gc
import itertools
import random
import time
import tracemalloc
from dataclasses import dataclass

from bench.scheduler.life import Life, Measured, jobs
from tensorfleet.core.scheduling.policy import Policy
from unit.scheduling.board import HOUR


@dataclass(frozen=True, slots=True)
class Crowd:
    """enqueued: CPU seconds for all of them. first: the pass that fills the empty fleet. steady: a pass after each end
    of a job, with a new job for each that started."""

    queued: int
    enqueued: float
    first: Measured
    steady: Measured
    steps: int


def bytes_per_job(queued: int, limited: float = 0.5) -> float:
    """What a job in the queue takes: all that the scheduler keeps of it, each with a request of its own."""
    life = Life(1, Policy())
    dice = random.Random(1)
    gc.collect()
    tracemalloc.start()
    for job in itertools.islice(jobs(dice, limited), queued):
        life.board.enqueue(job.ask)
    del job
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / queued


def crowd(nodes: int, queued: int, limited: float, ends: int, seed: int = 1) -> Crowd:
    """limited: part of the jobs that have a limit. ends: of jobs, in the steady part; it begins an hour after the
    start, when those who started together have been sorted out."""
    dice = random.Random(seed)
    line = jobs(dice, limited)
    life = Life(nodes, Policy())
    waiting = list(itertools.islice(line, queued))
    before = time.thread_time()
    for job in waiting:
        life.submit(job)
    enqueued = time.thread_time() - before
    first, steady = Measured(), Measured()
    life.settle(first)
    warm = Measured()
    begin = life.now + HOUR
    while len(steady.passes) < ends:
        measured = warm if life.now < begin else steady
        life.next_end(measured)
        for job in itertools.islice(line, life.settle(measured)):
            before = time.thread_time()
            life.submit(job)
            measured.busy += time.thread_time() - before
    return Crowd(queued, enqueued, first, steady, life.steps)
