"""A million events for the scheduler, over many seeds: `make soak`, or EVENTS=… pytest -m soak on this file."""

from __future__ import annotations

import os
import time

import pytest

from tensorfleet.core.scheduling.policy import Discipline, Policy
from unit.scheduling.stream import POLICY, Stream
from unit.scheduling.test_promises_kept import promised_and_started

EVENTS = int(os.environ.get("EVENTS", "1000000"))
EACH = 5000
"""Events of one seed."""

POLICIES = (
    POLICY,
    Policy(discipline=Discipline.EASY, teams=POLICY.teams, users=POLICY.users),
    Policy(),
    Policy(discipline=Discipline.FIFO),
    Policy(preemption=False, teams=POLICY.teams),
)


@pytest.mark.soak
def test_a_million_events(capsys: pytest.CaptureFixture[str]) -> None:
    begun, played = time.monotonic(), 0
    for seed in range(max(1, EVENTS // EACH)):
        policy = POLICIES[seed % len(POLICIES)]
        stream = Stream(1_000 + seed, policy)
        stream.run(EACH)
        played += EACH
        if seed % 10 == 0:
            again = Stream(1_000 + seed, policy)
            again.run(EACH)
            assert again.told == stream.told, f"seed {1_000 + seed} decides otherwise the second time"
            played += EACH
    spent = time.monotonic() - begun
    with capsys.disabled():
        print(f"\n{played:,} events in {spent:.0f} s, {played / spent:,.0f}/s: every invariant held")


@pytest.mark.soak
def test_promises_of_many_seeds_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    made = 0
    for seed in range(1_000, 1_000 + max(1, EVENTS // 10_000)):
        promised, started = promised_and_started(seed, 400)
        late = {name: started[name] - at for name, at in promised.items() if started[name] > at}
        assert not late, f"seed {seed}"
        made += len(promised)
    with capsys.disabled():
        print(f"\n{made:,} promises, all kept")
