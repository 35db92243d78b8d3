"""A short slice of the soak: random kills of everything under a checkpointed training of two nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from soak.kills import Disturbed

AGAIN = 30.0
"""Seconds, generous: cold ranks on a busy machine of two cores import torch twice at once."""


@pytest.mark.timeout(300)
def test_a_training_survives_the_death_of_everybody_and_computes_the_same(tmp_path: Path) -> None:
    report = Disturbed(tmp_path, seed=20261123).run(8, print)
    print(report)
    assert report.state == "succeeded"
    assert report.differing == 0, "losses that an undisturbed run does not have"
    assert report.orphans == 0
    assert report.acknowledged > 20
    assert report.lost == 0
    assert report.lines_lost == 0
    assert report.attempts == 1 + len(report.again["rank"]) + len(report.again["shim"])
    assert max(report.again["rank"] + report.again["shim"]) < AGAIN
    assert max(report.told["agent"] + report.told["head"]) < 10
