"""`checkpoint:` in a job file: what it means, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tensorfleet.core.checkpoint import Best, CheckpointPolicy
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.jobfile import JobFile, check_fields
from tensorfleet.wire.jobspec import to_spec


def policy(**checkpoint: Any) -> CheckpointPolicy:
    return to_spec(check_fields({"run": "true", "checkpoint": checkpoint}, JobFile)).checkpoint


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({}, CheckpointPolicy(300, 3)),
        ({"every": "5m", "keep": 1}, CheckpointPolicy(300, 1)),
        ({"every": 10, "dir": "/nfs/saved/"}, CheckpointPolicy(10, 3, "/nfs/saved")),
        ({"best": "loss"}, CheckpointPolicy(metric="loss")),
        ({"best": {"metric": "accuracy", "mode": "max"}}, CheckpointPolicy(metric="accuracy", best=Best.MAX)),
    ],
)
def test_what_it_means(written: dict[str, Any], meant: CheckpointPolicy) -> None:
    assert policy(**written) == meant


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"evry": "5m"}, "no field `checkpoint.evry`"),
        ({"best": {"metrik": "loss"}}, "no field `checkpoint.best.metrik`"),
        ({"best": {"metric": "loss", "mode": "low"}}, "neither min nor max"),
        ({"best": ""}, "name the metric"),
        ({"keep": 0}, "checkpoint.keep: 0 is not within 1 to 100"),
        ({"keep": "3"}, "checkpoint.keep: expected a whole number"),
        ({"every": "often"}, "checkpoint.every: 'often' is not a duration"),
        ({"dir": "saved"}, "has to be absolute"),
        ({"dir": "/nfs/../etc"}, "has to be absolute"),
    ],
)
def test_what_is_refused(written: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        policy(**written)
    assert words in str(refused.value)


def test_a_misspelt_field_is_offered_its_nearest_name() -> None:
    with pytest.raises(InvalidRequest) as refused:
        policy(evry="5m")
    assert "Did you mean `every`?" in str(refused.value)
