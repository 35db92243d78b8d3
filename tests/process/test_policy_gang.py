"""A gang of the whole fleet does not starve behind a stream of jobs of one rank, with limits or without."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.errors import Conflict
from tensorfleet.wire.jobfile import JobFile, ResourcesFile

STREAM = ["sh", "-c", "sleep 0.$((TENSORFLEET_ARRAY_INDEX % 7 + 3))"]
"""Its jobs end at different times, so that never are eight slots free by chance."""


@pytest.fixture(autouse=True)
def clean(fleet: Fleet) -> Iterator[None]:
    yield
    for each in fleet.client.jobs():
        with suppress(Conflict):  # over by then
            fleet.client.kill(each.id)
    wait_for(lambda: not list(fleet.tasks()), "all are gone")


def stream(fleet: Fleet, most: str, count: int) -> None:
    fleet.client.submit(JobFile(run=STREAM, array=f"1-{count}", max_duration=most, resources=ResourcesFile(slots=1)))


def starts_in(fleet: Fleet, most: str, seconds: float) -> float:
    """Seconds until a gang of 8 ran which was submitted among jobs of one rank that had `most` as their limit."""
    stream(fleet, most, 8)
    wait_for(lambda: sum(worker.slots_free for worker in fleet.client.workers()) == 0, "the fleet is full")
    asked = time.monotonic()
    gang = fleet.submit("sleep", "0.5", nodes=2, slots=4, name="gang")
    stream(fleet, most, 150)
    fleet.running(gang.id, seconds)
    took = time.monotonic() - asked
    assert any(each.state == "queued" for each in fleet.client.jobs()), "there were always others"
    assert fleet.finished(gang.id).state == "succeeded"
    return took


def test_where_others_have_limits_it_is_promised_a_place(fleet: Fleet) -> None:
    took = starts_in(fleet, "60s", 10)
    print(f"limits: the gang ran after {took:.2f} s")


def test_where_they_have_none_places_are_gathered_once_it_starves(fleet: Fleet) -> None:
    fleet.client.queue.set_policy({"starvation.normal": "2s"})
    took = starts_in(fleet, "0", 15)
    print(f"no limits: the gang ran after {took:.2f} s")
    assert took > 2, "nothing was kept for it before"
