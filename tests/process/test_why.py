"""Eleven jobs that wait for eleven different things on one real head, and each is told what it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from process.stepping import client_of
from tensorfleet.wire.booking import ReserveBody
from tensorfleet.wire.jobfile import JobFile, ResourcesFile, RetryFile
from tensorfleet.wire.why import WhyView


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """`a` and `b` with two slots; `c` with four, drained."""
    with Fleet(tmp_path) as fleet:
        for name, slots in (("a", "2"), ("b", "2"), ("c", "4")):
            fleet.agent(name, "--slots", slots, "--no-warm")
        fleet.client.drain("c")
        yield fleet


def submit(fleet: Fleet, *run: str, slots: int = 1, **more: object) -> str:
    resources = ResourcesFile(slots=slots, nodes=1) if slots > 1 else ResourcesFile(slots=1)
    return fleet.client.submit(JobFile(run=list(run) or ["sleep", "300"], resources=resources, **more)).id  # type: ignore[arg-type]


def why(fleet: Fleet, job: str, code: str) -> WhyView:
    wait_for(lambda: fleet.client.why(job).code == code, f"{job} waits for {code}, not {fleet.client.why(job)}", 15)
    return fleet.client.why(job)


def test_each_is_told_its_true_cause(fleet: Fleet) -> None:
    client = fleet.client
    client.queue.set_policy({"teams.nlp.cap": 1})
    nlp = client_of(fleet, "nick", "nlp")

    held = submit(fleet, hold=True)
    by = why(fleet, held, "HELD")
    assert (by.eta, set(by.numbers)) == (None, {"since", "seconds"})

    wide = submit(fleet, slots=4)
    assert "c (drained)" in why(fleet, wide, "DRAIN").text

    first = nlp.submit(JobFile(run=["sleep", "300"], max_duration="1h", preemptible=False)).id
    fleet.running(first)
    capped = nlp.submit(JobFile(run=["sleep", "300"])).id
    found = nlp.why(capped)
    assert (found.code, found.numbers) == ("GROUP_CAP", {"cap": 1, "held": 1, "asked": 1})
    assert [each.job for each in found.holders] == [first]

    after = submit(fleet, after=[first])
    waits = why(fleet, after, "DEPENDENCY")
    assert first in waits.text
    assert waits.numbers == {"open": 1, "running": 1}

    dying = submit(fleet, "sh", "-c", "kill -9 $$", retry=RetryFile(max=9))
    backoff = why(fleet, dying, "BACKOFF")
    assert backoff.numbers["most"] == 9
    assert backoff.numbers["attempt"] == backoff.numbers["retry"] + 1
    client.kill(dying)

    first_of = client.submit(JobFile(run=["sleep", "300"], array="0-2%1", max_duration="1h", preemptible=False))
    fleet.running(first_of.id)
    array = client.jobs(array=first_of.array.id if first_of.array else "")
    assert why(fleet, next(job.id for job in array if job.state == "queued"), "ARRAY").numbers == {"most": 1}

    fleet.running(submit(fleet, max_duration="30m", preemptible=False))
    pair = submit(fleet, slots=2)
    short = why(fleet, pair, "NO_CAPACITY")
    assert (short.numbers["asked"], short.numbers["most_on_one_node"]) == (2, 1)
    assert short.eta is not None
    assert short.eta.no_later_than is not None
    assert 1800 < short.eta.no_later_than - time.time() < 1800 + 300
    assert first in [each.job for each in short.holders]
    vera = client_of(fleet, "vera", "vision")
    others = vera.why(vera.submit(JobFile(run=["true"], resources=ResourcesFile(slots=2, nodes=1))).id)
    assert others.code == "NO_CAPACITY"
    assert {(each.team, each.job, each.owner) for each in others.holders} == {("nlp", "", ""), ("default", "", "")}

    small = submit(fleet)
    long = why(fleet, small, "BACKFILL_TOO_LONG")
    assert pair in long.text
    assert long.remedy is not None
    assert long.remedy.max_duration is not None
    taken = submit(fleet, max_duration=long.remedy.max_duration)
    fleet.running(taken)

    stubborn = "trap '' TERM; while :; do sleep 0.1; done"
    client.kill(taken)
    loose = submit(fleet, "sh", "-c", stubborn, max_duration="15m", preemptible=True)
    fleet.running(loose)
    urgent = submit(fleet, job_class="urgent")
    assert [each.job for each in why(fleet, urgent, "MAKING_ROOM").holders] == [loose]
    client.kill(loose)
    fleet.running(urgent)

    booking = client.queue.reserve(ReserveBody(["c"], seconds=3600, team="nlp"))
    client.resume("c")
    aside = why(fleet, wide, "RESERVED")
    assert "c: set aside by admin for team nlp" in aside.text
    assert booking.id in aside.text
    assert aside.numbers["until"] == booking.end

    client.queue.set_policy({"discipline": "fifo"})
    client.kill(urgent)
    behind = why(fleet, small, "BEHIND")
    assert wide in behind.text
    assert behind.numbers["ahead"] == 4  # Those that ask for 4 and 2, the capped, and one of vision.
