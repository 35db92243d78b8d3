"""A followed stream goes on where a broken connection ended: no line lost, none doubled."""

from __future__ import annotations

import json
import random

import pytest

from tensorfleet.client.api import Client
from tensorfleet.errors import Fault, NotAllowed
from tensorfleet.wire.rest import JobView, LogLine
from unit.client.scripted import Call, job_view, serving

COUNT = 60


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorfleet.client.stream.backoff", lambda tries: 0.0)


def line(number: int) -> bytes:
    data = json.dumps({"rank": 0, "at": 1.0, "text": str(number), "partial": False})
    return f"id: 1:{number}\nevent: line\ndata: {data}\n\n".encode()


def test_lines_come_once_each_over_many_breaks() -> None:
    chance = random.Random(7)
    asked: list[str] = []

    def act(call: Call) -> None:
        asked.append(call.path)
        place = int(call.headers.get("Last-Event-ID", "1:-1").partition(":")[2]) + 1
        if len(asked) > 1 and chance.random() < 0.2:
            call.cut()
        elif len(asked) > 1 and chance.random() < 0.1:
            call.problem(503, "unavailable")
        else:
            some = [line(number) for number in range(place, min(COUNT, place + chance.randrange(9)))]
            half = [line(place + len(some))[:20]] if chance.random() < 0.5 and len(some) else []
            over = place + len(some) >= COUNT
            end = [b"event: end\ndata: " + json.dumps(job_view(state="succeeded")).encode() + b"\n\n"]
            call.stream(b":\n\n", *some, *(end if over else half))

    with serving(act) as url, Client(url) as client:
        items = list(client.follow_logs("j1", tail=100))
    assert [item.text for item in items[:-1] if isinstance(item, LogLine)] == [str(n) for n in range(COUNT)]
    assert isinstance(items[-1], JobView)
    assert len(asked) > 5
    assert "tail=100" in asked[0]
    assert "tail" not in asked[-1]


def test_a_credential_that_ends_meanwhile_is_told() -> None:
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        call.stream(line(0)) if len(calls) == 1 else call.problem(403, "not_allowed", "Not any more.")

    with serving(act) as url, Client(url) as client:
        lines = client.follow_logs("j1")
        assert isinstance(next(lines), LogLine)
        with pytest.raises(NotAllowed, match="Not any more"):
            next(lines)


def test_contact_lost_and_back_is_said_once() -> None:
    said: list[str] = []
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        if len(calls) in (1, 9):
            call.stream(line(len(calls)))
        else:
            call.cut()

    with serving(act) as url, Client(url, notice=said.append) as client:
        lines = client.follow_logs("j1")
        next(lines)
        next(lines)
    assert said == ["The head does not answer; trying again.", "The head answers again."]


def test_a_short_break_is_not_worth_a_word() -> None:
    said: list[str] = []
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        call.stream(line(len(calls)))

    with serving(act) as url, Client(url, notice=said.append) as client:
        lines = client.follow_logs("j1")
        for _ in range(5):
            next(lines)
    assert not said


def test_a_head_that_answered_before_may_be_away_for_a_moment() -> None:
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        if len(calls) == 1:
            call.answer(job_view())
        elif len(calls) < 4:
            call.cut()
        else:
            call.stream(line(0))

    with serving(act) as url, Client(url) as client:
        client.job("j1")
        assert isinstance(next(client.follow_logs("j1")), LogLine)


def test_a_fault_of_the_head_is_not_asked_for_again_and_again() -> None:
    calls: list[str] = []

    def act(call: Call) -> None:
        calls.append(call.path)
        call.answer(job_view()) if len(calls) == 1 else call.problem(500, "internal_fault", "Broken.")

    with serving(act) as url, Client(url) as client:
        client.job("j1")
        with pytest.raises(Fault, match="Broken"):
            next(client.follow_logs("j1"))
    assert len(calls) == 2
