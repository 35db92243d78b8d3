"""What is foretold comes true: most starts lie within the band, and no promise is broken."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from statistics import median

import pytest

from tensorfleet.core.forecast import Forecast, Snapshot
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.calendar import Calendar
from tensorfleet.core.scheduling.policy import DAY
from tensorfleet.core.scheduling.scheduler import Scheduler
from unit.scheduling.board import HOUR, ask, scheduler

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


@dataclass(frozen=True)
class Told:
    """A forecast and the start that came, in unix seconds. A missing edge would hide a miss, so none may be missing."""

    early: float
    likely: float
    late: float
    start: float

    @classmethod
    def of(cls, forecast: Forecast, start: float) -> Told:
        edges = (forecast.not_before, forecast.likely, forecast.late)
        early, likely, late = (each for each in edges if each is not None)
        assert early <= likely <= late
        return cls(early, likely, late, start)

    @property
    def inside(self) -> bool:
        """Give or take a second."""
        return self.early - 1 <= self.start <= self.late + 1


@pytest.mark.parametrize(("limits", "widest", "furthest"), [(True, 1.5, 0.3), (False, 0.7, 0.1)])
def test_four_in_five_start_within_a_band_and_no_promise_is_broken(
    limits: bool, widest: float, furthest: float
) -> None:
    """widest, furthest: hours that the median band may have, and that the median start may be off what was likely."""
    found: list[Told] = []
    promised = 0
    for seed in range(6):
        day = Day(seed, limits)
        day.run()
        found += [Told.of(each, day.starts[name]) for name, each in day.told.items()]
        for name, each in day.told.items():
            if each.no_later_than is not None:
                promised += 1
                assert day.starts[name] <= each.no_later_than + 1
    inside = sum(each.inside for each in found)
    width = median(each.late - each.early for each in found) / HOUR
    off = median(abs(each.start - each.likely) for each in found) / HOUR
    print(f"limits: {limits}; {inside} of {len(found)} within the band, {promised} promised a time")
    print(f"medians: {width:.2f} h from edge to edge, {off:.2f} h between the likely time and the start")
    assert len(found) > 200
    assert inside >= 0.8 * len(found)
    assert width <= widest
    assert off <= furthest
    assert not limits or promised > 10


def test_a_missing_edge_is_no_forecast() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        Told.of(Forecast(1.0, 2.0, None, None), 3.0)


@pytest.mark.parametrize("limit", [0.0, HOUR])
def test_nothing_starts_on_what_is_set_aside_before_its_hour(limit: float) -> None:
    board = scheduler(1, 8)
    board.calendar = Calendar([Booking("b", 0.0, 3 * HOUR, ("n0000",), team="others")])
    waiting = ask("j", 8, 0.0, team="ours", limit=limit)
    board.enqueue(waiting)
    assert not board.decide(0.0).starts
    told = Snapshot(waiting, board, 0.0).forecast()
    assert (told.not_before, told.likely, told.late) == (3 * HOUR, 3 * HOUR, 3 * HOUR)
