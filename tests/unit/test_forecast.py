"""What is foretold comes true: most starts lie within the band, and no promise is broken."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

import pytest

from tensorfleet.core.forecast import Forecast, Snapshot
from tensorfleet.core.scheduling.policy import DAY
from tensorfleet.core.scheduling.scheduler import Scheduler
from unit.scheduling.board import ask, scheduler

NODES, JOBS, ASKED = 4, 300, 60


@dataclass
class Day:
    """A replay in which everybody who has to wait asks when he starts. limits: users overstate theirs by 1.2 to 6."""

    seed: int
    limits: bool
    board: Scheduler = field(default_factory=lambda: scheduler(NODES, 8))
    told: dict[str, Forecast] = field(default_factory=dict)
    starts: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.work = {
            f"j{number:04d}": (min(3 * DAY, self.dice.lognormvariate(7.5, 1.6)), self.dice.choice((1, 1, 1, 2, 4, 8)))
            for number in range(JOBS)
        }
        span = sum(seconds * gpus for seconds, gpus in self.work.values()) / (NODES * 8) / 1.1
        self.events = [(self.dice.uniform(0, span), 0, name) for name in self.work]
        heapq.heapify(self.events)
        self.done = dict.fromkeys(self.work, 0.0)
        self.epoch = dict.fromkeys(self.work, 0)
        self.began: dict[str, float] = {}

    def run(self) -> None:
        while self.events:
            now, kind, name = heapq.heappop(self.events)
            if kind == 0:
                limit = self.work[name][0] * self.dice.choice((1.2, 2, 3, 6)) if self.limits else 0.0
                self.board.enqueue(ask(name, self.work[name][1], now, team=self.dice.choice("ab"), limit=limit))
            elif kind > 0 and kind != self.epoch[name]:
                continue
            elif kind > 0:
                self.board.ended(name, now)
            self.settle(now)
            if kind == 0 and name in self.board.line.asks and len(self.told) < ASKED:
                self.told[name] = Snapshot(self.board.line.asks[name], self.board, now).forecast()

    def settle(self, now: float) -> None:
        for _ in range(100):
            decision = self.board.decide(now)
            for begun, _, _ in decision.starts:
                self.starts.setdefault(begun.id, now)
                self.began[begun.id] = now
                self.epoch[begun.id] += 1
                left = self.work[begun.id][0] - self.done[begun.id]
                heapq.heappush(self.events, (now + left, self.epoch[begun.id], begun.id))
            for name, _ in decision.leave:
                back = self.board.ended(name, now)
                assert back is not None
                self.done[name] += now - self.began[name]
                self.epoch[name] += 1
                back.since = now
                self.board.enqueue(back)
            if not decision.leave:
                break
        if (not self.events or self.board.wake < self.events[0][0]) and self.board.wake < float("inf"):
            heapq.heappush(self.events, (max(now, self.board.wake), -1, ""))

    def hits(self) -> tuple[int, int]:
        """How many started within their band, and how many had one."""
        pairs = [(each, self.starts[name]) for name, each in self.told.items() if each.likely is not None]
        inside = sum((each.not_before or 0) - 1 <= at <= (each.late or at) + 1 for each, at in pairs)
        return inside, len(pairs)


@pytest.mark.parametrize("limits", [True, False])
def test_four_in_five_start_within_the_band_and_no_promise_is_broken(limits: bool) -> None:
    inside = asked = promised = 0
    for seed in range(3):
        day = Day(seed, limits)
        day.run()
        hits = day.hits()
        inside, asked = inside + hits[0], asked + hits[1]
        for name, each in day.told.items():
            if each.no_later_than is not None:
                promised += 1
                assert day.starts[name] <= each.no_later_than + 1
    print(f"limits: {limits}; {inside} of {asked} within the band, {promised} promised a time")
    assert asked > 100
    assert inside >= 0.8 * asked
    assert not limits or promised > 5
