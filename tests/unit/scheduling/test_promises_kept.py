"""A place that was promised is there by the time that was promised first, or sooner (I4).

Of EASY, where every job has a limit and no node goes away: the causes for which a promise may be broken are absent.
"""

from __future__ import annotations

import heapq
import random

import pytest

from tensorfleet.core.scheduling.policy import Discipline, Policy
from unit.scheduling.board import HOUR, ask, scheduler


def promised_and_started(seed: int, jobs: int) -> tuple[dict[str, float], dict[str, float]]:
    """When each job was first promised to start, and when it did."""
    dice = random.Random(seed)
    board = scheduler(4, 8, Policy(discipline=Discipline.EASY))
    runs: dict[str, float] = {}
    ends: list[tuple[float, str]] = []
    promised: dict[str, float] = {}
    started: dict[str, float] = {}
    now, coming = 0.0, 0.0
    while len(started) < jobs:
        now = min(coming if len(runs) < jobs else ends[0][0], ends[0][0] if ends else coming)
        if ends and ends[0][0] <= now:
            board.ended(heapq.heappop(ends)[1], now)
        else:
            name = f"j{len(runs):05d}"
            limit = dice.choice((HOUR, 8 * HOUR, dice.uniform(60, 24 * HOUR)))
            nodes = dice.choice((0, 0, 1, 2))
            gpus = dice.choice((2, 4, 8)) * nodes or dice.choice((1, 1, 2, 3, 5, 8, 12, 20))
            runs[name] = limit * dice.choice((1.0, dice.uniform(0.01, 1.0)))
            board.enqueue(ask(name, gpus, now, limit=limit, nodes=nodes))
            coming = now + dice.expovariate(1 / 4000)
        for begun, _, _ in board.decide(now).starts:
            started[begun.id] = now
            heapq.heappush(ends, (now + runs[begun.id], begun.id))
        for name, promise in board.promises.items():
            promised.setdefault(name, promise.at)
    return promised, started


@pytest.mark.parametrize("seed", range(6))
def test_nobody_starts_later_than_was_promised_first(seed: int) -> None:
    promised, started = promised_and_started(seed, 250)
    assert len(promised) > 20
    late = {name: started[name] - at for name, at in promised.items() if started[name] > at}
    assert not late
