"""Reservations over REST: what cannot be is refused with what would be valid; operators make and cancel them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from process.rest_head import Head

HERE = "/api/v1/reservations"
YEAR = 365 * 86400.0
VALID = {"nodes": ["n1"], "seconds": 60, "team": "vision"}


@pytest.fixture(scope="module", autouse=True)
def nodes(rest: Head) -> None:
    rest.join("n1")
    rest.join("n2")


@pytest.fixture(autouse=True)
def given_back(rest: Head) -> Iterator[None]:
    yield
    for each in rest.ask("GET", HERE).json["reservations"]:
        assert rest.ask("DELETE", f"{HERE}/{each['id']}").status == 204


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nodes": []}, "names no node"),
        ({"nodes": ["n1", "n1"]}, "twice"),
        ({"nodes": ["n1", "id-n1"]}, "twice"),
        ({"nodes": "n1"}, "nodes"),
        ({"seconds": None}, "either an end or a length"),
        ({"end": 4e9}, "either an end or a length"),
        ({"seconds": 0}, "not after it begins"),
        ({"seconds": -1}, "not after it begins"),
        ({"seconds": "1h"}, "seconds"),
        ({"seconds": YEAR * 2}, "at most"),
        ({"seconds": 1e300}, "no calendar"),
        ({"start": 1.0}, "in the past"),
        ({"start": 1e300}, "no calendar"),
        ({"team": ""}, "for nobody in particular"),
        ({"maintenance": True}, "admits nobody"),
        ({"class": "first"}, "class"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_means_nothing_is_refused(rest: Head, change: dict[str, object], said: str) -> None:
    body = {name: value for name, value in {**VALID, **change}.items() if value is not None}
    refused = rest.ask("POST", HERE, body=body)
    assert refused.status == 422
    assert said in refused.json["detail"] + refused.json["hint"]
    assert rest.ask("GET", HERE).json["reservations"] == []


def test_an_unknown_node_is_not_found(rest: Head) -> None:
    refused = rest.ask("POST", HERE, body={**VALID, "nodes": ["n1", "nowhere"]})
    assert (refused.status, "nowhere" in refused.json["detail"]) == (404, True)


def test_one_over_another_names_nodes_and_times(rest: Head) -> None:
    made = rest.ask("POST", HERE, body={**VALID, "nodes": ["n1", "n2"], "seconds": 3600}).json
    over = rest.ask("POST", HERE, body={"nodes": ["n2"], "start": made["end"] - 1, "seconds": 60, "maintenance": True})
    assert over.status == 409
    assert over.json["detail"].startswith(f"n2: taken by {made['id']} from ")
    after = rest.ask("POST", HERE, body={"nodes": ["n2"], "start": made["end"], "seconds": 60, "maintenance": True})
    assert after.status == 201


def test_an_operator_makes_and_cancels_and_the_others_look(rest: Head) -> None:
    operator = rest.key_for("olga", "operator")
    made = rest.ask("POST", HERE, operator, {**VALID, "reason": "<b>course</b>\u202e"})
    assert (made.status, made.json["by"], made.json["reason"]) == (201, "olga", "<b>course</b>\u202e")
    for role in ("viewer", "member"):
        key = rest.key_for(f"{role}-of-reservations", role, "speech")
        assert rest.ask("POST", HERE, key, {**VALID, "nodes": ["n2"]}).status == 403
        assert rest.ask("DELETE", f"{HERE}/{made.json['id']}", key).status == 403
        assert rest.ask("GET", HERE, key).json["reservations"] == [made.json]
    assert rest.ask("DELETE", f"{HERE}/{made.json['id']}", operator).status == 204
    again = rest.ask("DELETE", f"{HERE}/{made.json['id']}", operator)
    assert (again.status, made.json["id"] in again.json["detail"]) == (404, True)


def test_a_request_that_is_repeated_makes_one_and_the_second_answer_names_it(rest: Head) -> None:
    first, second = (rest.ask("POST", HERE, body=VALID) for _ in range(2))
    assert (first.status, second.status) == (201, 409)
    assert f"taken by {first.json['id']}" in second.json["detail"]
    assert len(rest.ask("GET", HERE).json["reservations"]) == 1


def test_one_that_is_over_is_forgotten_and_told(rest: Head) -> None:
    made = rest.ask("POST", HERE, body={**VALID, "end": time.time() + 0.3, "seconds": None}).json
    with rest.stream("/api/v1/events?after=0") as events:
        for _, _, event in events:
            if event["kind"] == "booking.ended" and event["text"].startswith(made["id"]):
                break
    assert rest.ask("GET", HERE).json["reservations"] == []
