"""Two teams that always have work: what each gets, against its share."""

from __future__ import annotations

import itertools
import random

from bench.scheduler.life import Life, Measured, jobs
from tensorfleet.core.scheduling.policy import DAY, Policy, Slice

SHARES = {"team-0": 3.0, "team-1": 1.0}
WAITING = 40
"""Jobs of each team that wait at any time."""


def shares(nodes: int, days: float, limited: float, seed: int = 1) -> dict[str, float]:
    """The part of all GPU time that each team had."""
    life = Life(nodes, Policy(teams={name: Slice(share) for name, share in SHARES.items()}))
    line = jobs(random.Random(seed), limited, teams=len(SHARES))
    nothing = Measured()
    end = life.now + days * DAY
    while life.now < end:
        for name in SHARES:
            missing = WAITING - sum(each.team == name for each in life.board.line.asks.values())
            for job in itertools.islice((each for each in line if each.ask.team == name), max(0, missing)):
                life.submit(job)
        life.settle(nothing)
        life.next_end(nothing)
    held = life.held
    for holding in life.board.holdings.values():
        held[holding.ask.team] += holding.ranks * (life.now - holding.started)
    return {name: held[name] / held.total() for name in SHARES}
