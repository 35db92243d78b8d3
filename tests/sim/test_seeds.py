"""A slice of the simulated fleet: two thousand seeds, within a minute on two quiet cores."""

from __future__ import annotations

import time

import pytest

from tensorfleet.sim.many import runs
from tensorfleet.sim.world import run

SEEDS = 2000


@pytest.mark.timeout(400)
def test_every_invariant_holds_for_two_thousand_seeds() -> None:
    began = time.monotonic()
    outcomes = list(runs(1, SEEDS))
    broken = [f"seed {each.seed}: {each.broken}" for each in outcomes if each.broken]
    hours = sum(each.seconds for each in outcomes) / 3600
    print(f"{len(outcomes)} seeds, {hours:.0f} simulated hours in {time.monotonic() - began:.0f} s")
    assert not broken, f"{broken[0]}; python -m tensorfleet.sim --seed N tells its story"
    assert len(outcomes) == SEEDS


def test_a_seed_tells_the_same_story_each_time() -> None:
    assert str(run(7).story) == str(run(7).story)
    assert str(run(7).story) != str(run(8).story)
