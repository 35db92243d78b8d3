"""A seeded stream of submits, ends, and nodes that come and go, and what a careful bookkeeper sees of it.

I1 a gang is placed whole; I2 nothing is held twice; I3 caps hold; I6 nobody who fits waits while nothing is kept for
others. (Invariants of the scheduling policy, docs/scheduling.md.)
"""

from __future__ import annotations

import random
from collections import Counter

from tensorfleet.core.feasible import usable
from tensorfleet.core.job import Share
from tensorfleet.core.resources import Kind
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.grid import left_of
from tensorfleet.core.scheduling.policy import Discipline, JobClass, Policy, Slice
from tensorfleet.core.scheduling.scheduler import Scheduler
from unit.scheduling.board import HOUR, ask, node

POLICY = Policy(teams={"a": Slice(3.0, guarantee=6), "b": Slice(1.0, cap=10)}, users={"a/x": Slice(cap=7)})
NODES = [node(f"n{number}", gpus) for number, gpus in enumerate((8, 8, 4, 2))]


class Stream:
    """One seed's events, and what a careful bookkeeper sees of them."""

    def __init__(self, seed: int, policy: Policy) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.policy = policy
        self.board = Scheduler(policy)
        self.now = 0.0
        self.number = 0
        self.up = {each.id for each in NODES}
        self.told: list[object] = []
        self.given: dict[str, tuple[Share, ...]] = {}
        """What everybody who started was told to have."""
        for each in NODES:
            self.board.put_node(each, usable(each))

    def step(self) -> None:
        self.now += self.dice.expovariate(1 / 600)
        event = self.dice.choices(("submit", "end", "withdraw", "node", "wait"), (5, 4, 1, 1, 1))[0]
        if event == "submit":
            self.board.enqueue(self.new())
        elif event == "end" and self.board.holdings:
            self.board.ended(self.dice.choice(sorted(self.board.holdings)), self.now)
        elif event == "withdraw" and self.board.line.asks:
            self.board.withdraw(self.dice.choice(sorted(self.board.line.asks)))
        elif event == "node":
            self.turn(self.dice.choice(NODES).id)
        for _ in range(50):
            decision = self.board.decide(self.now)
            self.told.append(([each.id for each, _, _ in decision.starts], decision.leave, decision.resize))
            for begun, request, shares in decision.starts:
                assert sum(share.ranks for share in shares) == request.ranks >= begun.least
                self.given[begun.id] = shares
            leaving = [name for name, _ in decision.leave] + [name for name, _ in decision.resize]
            for name in leaving:
                back = self.board.ended(name, self.now)
                assert back is not None
                back.since = self.now
                self.board.enqueue(back)
            self.check()
            if not leaving:
                return
        raise AssertionError("it does not come to rest")

    def new(self) -> Ask:
        self.number += 1
        dice = self.dice
        team, user = dice.choice("ab"), dice.choice("xy")
        limit = dice.choice((0.0, 0.0, dice.uniform(60, 20 * HOUR)))
        speed = {1: 1.0, 2: 1.9, 4: 3.0} if dice.random() < 0.15 else None
        gpus = 4 if speed else dice.choice((1, 1, 2, 3, 4, 8, 12))
        job_class = dice.choice(tuple(JobClass))
        return ask(
            f"j{self.number:05d}", gpus, self.now, team=team, user=user, job_class=job_class, limit=limit, speed=speed
        )

    def run(self, events: int) -> None:
        """Raises AssertionError that names the step at which something did not hold."""
        for step in range(events):
            try:
                self.step()
                assert not self.idle_work()
            except AssertionError as error:
                raise AssertionError(f"{self!r}, step {step}: {error}") from error

    def __repr__(self) -> str:
        return f"Stream({self.seed}, {self.policy})"

    def turn(self, node_id: str) -> None:
        """The node goes, or comes back with what its holdings leave of it."""
        if node_id in self.up:
            self.up.remove(node_id)
            self.board.drop_node(node_id)
            return
        self.up.add(node_id)
        place = next(each for each in NODES if each.id == node_id)
        held = [(s, h.request) for h in self.board.holdings.values() for s in h.shares if s.node == node_id]
        self.board.put_node(place, left_of(place, held))

    def check(self) -> None:
        assert all(holding.shares == self.given[name] for name, holding in self.board.holdings.items())
        cards = Counter(
            uuid for holding in self.board.holdings.values() for share in holding.shares for uuid in share.gpus
        )
        assert all(count == 1 for count in cards.values())
        for node_id, (place, free) in self.board.grid.places.items():
            assert not set(free.gpus) & set(cards)
            held = sum(uuid.startswith(f"{node_id}-") for uuid in cards)
            assert len(free.gpus) + held == len(place.gpus)
        by_team = Counter[str]()
        for holding in self.board.holdings.values():
            by_team[holding.ask.team] += holding.ranks
        for team, held in by_team.items():
            assert self.board.ledger.held(team, Kind.GPU) == held
            cap = self.policy.team(team).cap
            assert cap is None or held <= cap

    def idle_work(self) -> list[str]:
        """Who could run now: fits what is free, is not capped, and takes nothing that is kept for others. Under FIFO
        all but the first have to wait."""
        if self.board.promises or self.policy.discipline is Discipline.FIFO:
            return []
        return [
            each.id
            for each in self.board.line.asks.values()
            if not self.board.ledger.capped(each) and self.board.grid.seat(each.of_size(each.least))
        ]

    def could_ever_start(self) -> list[str]:
        """Who waits and asks for no more than its team and user may ever have."""
        caps = {each.id: self.board.ledger.allowed(each) for each in self.board.line.asks.values()}
        return [name for name, cap in caps.items() if self.board.line.asks[name].least <= cap]
