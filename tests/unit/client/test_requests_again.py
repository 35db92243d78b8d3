"""A request whose answer is lost is sent again where that is harmless, and only there."""

from __future__ import annotations

import pytest

from tensorfleet.client.api import Client
from tensorfleet.errors import HeadUnreachable
from tensorfleet.wire.jobfile import JobFile
from unit.client.scripted import Call, job_view, serving


def test_a_submit_whose_answer_is_lost_carries_the_same_key_again() -> None:
    keys: list[str] = []

    def act(call: Call) -> None:
        keys.append(call.headers["Idempotency-Key"])
        call.cut() if len(keys) < 3 else call.answer(job_view(), 201)

    with serving(act) as url, Client(url) as client:
        assert client.submit(JobFile(run="true")).id == "j1"
        client.submit(JobFile(run="true"))
    assert len(keys) == 4
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


def test_stopping_is_not_repeated() -> None:
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        call.cut()

    with serving(act) as url, Client(url) as client, pytest.raises(HeadUnreachable, match="broke off"):
        client.stop("j1")
    assert len(calls) == 1


def test_pages_are_read_as_they_are_wanted() -> None:
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        number = len(calls)
        call.answer({"items": [job_view(id=f"j{number}")], "next": f"c{number}" if number < 3 else None})

    with serving(act) as url, Client(url) as client:
        assert [job.id for job in client.jobs(states=["queued", "running"])] == ["j1", "j2", "j3"]
        assert "state=queued&state=running" in calls[0]
        assert "cursor=c2" in calls[2]
        calls.clear()
        assert [job.id for job in client.jobs(most=1)] == ["j1"]
        assert len(calls) == 1


def test_a_job_name_cannot_leave_its_place_in_the_path() -> None:
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        call.answer(job_view())

    with serving(act) as url, Client(url) as client:
        client.job("../../keys?x=1#y")
    assert calls == ["/api/v1/jobs/..%2F..%2Fkeys%3Fx%3D1%23y"]
