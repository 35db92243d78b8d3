"""Two teams that both have work hold the fleet in the ratio of their shares."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import ENDED, Fleet, wait_for
from process.stepping import client_of
from tensorfleet.client import Client
from tensorfleet.wire.jobfile import JobFile, ResourcesFile
from tensorfleet.wire.rest import JobView

TOLERANCE = 0.05
"""Of the held time, on either side of three quarters."""


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Six GPUs: no way of dividing them is 3:1."""
    with Fleet(tmp_path_factory.mktemp("six")) as fleet:
        fleet.agent("a", "--slots", "0", "--fake-gpus", "6", "--no-warm")
        yield fleet


def held(jobs: list[JobView], since: float, until: float) -> float:
    """GPU-seconds that `jobs` held between the two."""
    return sum(max(0.0, min(job.ended or until, until) - max(job.started, since)) for job in jobs if job.started)


def over(client: Client) -> int:
    return sum(each.state in ENDED for each in client.jobs())


def test_held_time_converges_to_the_shares(six: Fleet, tmp_path: Path) -> None:
    settings = ("half_life=10s", "ahead=1s", "teams.vision.share=3", "teams.nlp.share=1")
    done = six.run("queue", "policy", *(word for each in settings for word in ("--set", each)))
    assert done.returncode == 0, done.stderr
    teams = {"nlp": client_of(six, "nick", "nlp"), "vision": client_of(six, "vera", "vision")}
    file = JobFile(run=["sleep", "0.3"], array="1-150", resources=ResourcesFile(gpus=1))
    for client in teams.values():
        client.submit(file)
    began = time.time()
    wait_for(lambda: over(teams["vision"]) >= 120, "vision is through with most of its jobs", 40)
    until = time.time()
    reported = six.run("usage", "--by", "team", "--json")
    assert reported.returncode == 0, reported.stderr
    usage = {row["name"]: row["gpu_hours"] for row in json.loads(reported.stdout)["items"]}
    have = {team: held(list(client.jobs()), began, until) for team, client in teams.items()}
    print(f"{until - began:.1f} s, held {have}, usage {usage}")
    assert have["vision"] / sum(have.values()) == pytest.approx(0.75, abs=TOLERANCE)
    assert usage["vision"] / sum(usage.values()) == pytest.approx(0.75, abs=TOLERANCE)
