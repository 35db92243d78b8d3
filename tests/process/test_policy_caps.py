"""Caps and guarantees of teams on a real head: held to, changed while it runs, and given back by who borrowed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from process.fleet import Fleet, wait_for
from process.stepping import assert_continued, client_of, events, stepping, went
from tensorfleet.client import Client
from tensorfleet.errors import Conflict
from tensorfleet.wire.jobfile import JobFile, ResourcesFile


@pytest.fixture
def teams(fleet: Fleet) -> Iterator[tuple[Client, Client]]:
    """A client of vision and one of nlp. Nothing is left of what they did."""
    yield client_of(fleet, "vera", "vision"), client_of(fleet, "nick", "nlp")
    for each in fleet.client.jobs():
        with suppress(Conflict):  # over by then
            fleet.client.kill(each.id)
    wait_for(lambda: not list(fleet.tasks()), "all are gone")
    fleet.client.queue.replace_policy({}, force=True)


def submit(client: Client, command: list[str], slots: int, count: int) -> list[str]:
    file = JobFile(run=command, resources=ResourcesFile(slots=slots))
    return [client.submit(file).id for _ in range(count)]


def states(client: Client, jobs: list[str]) -> list[str]:
    return [client.job(each).state for each in jobs]


def test_a_cap_holds_and_lets_those_who_wait_start_as_soon_as_it_is_lifted(
    fleet: Fleet, teams: tuple[Client, Client]
) -> None:
    vision, nlp = teams
    fleet.client.queue.set_policy({"teams.vision.cap": 2, "users.vision/vera.cap": 3})
    jobs = submit(vision, ["sleep", "60"], 1, 5)
    other = submit(nlp, ["sleep", "60"], 1, 1)
    wait_for(lambda: states(nlp, other) == ["running"], "nobody else is held back")
    wait_for(lambda: states(vision, jobs[:2]) == ["running"] * 2, "the first two run")
    assert states(vision, jobs[2:]) == ["queued"] * 3
    why = vision.why(jobs[2])
    assert why.code == "GROUP_CAP"
    assert "vision" in why.text
    assert "2" in why.text
    began = time.monotonic()
    fleet.client.queue.set_policy({}, reset=["teams.vision.cap"])
    wait_for(lambda: states(vision, jobs)[:3] == ["running"] * 3, "one more runs", 10)
    print(f"it ran {time.monotonic() - began:.2f} s after the cap was lifted")
    assert states(vision, jobs[3:]) == ["queued"] * 2, "the user's own cap holds"
    fleet.client.queue.set_policy({"users.vision/vera.cap": "none"})
    wait_for(lambda: states(vision, jobs) == ["running"] * 5, "all run", 10)


def test_a_guarantee_is_given_back_by_those_who_borrowed_it(fleet: Fleet, teams: tuple[Client, Client]) -> None:
    vision, nlp = teams
    fleet.client.queue.set_policy({"teams.nlp.guarantee": 4, "min_run": "1s", "loss_budget": 1})
    borrowed = submit(vision, stepping(20), 4, 2)
    for each in borrowed:
        wait_for(lambda job=each: len(fleet.lines(job, 0)) > 2, "it works")
    began = time.monotonic()
    (own,) = submit(nlp, ["sleep", "1"], 4, 1)
    fleet.running(own, 10)
    print(f"the guarantee was there {time.monotonic() - began:.2f} s after the submit")
    assert fleet.finished(own).state == "succeeded"
    (left,) = [each for each in borrowed if events(fleet, each, "job.preempted")]
    for each in borrowed:
        done = fleet.finished(each, 60)
        assert (done.state, done.attempt) == ("succeeded", 2 if each == left else 1)
        assert_continued(went(fleet, each), 20)
