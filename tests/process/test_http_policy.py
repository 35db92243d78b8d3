"""The queue's policy over REST: read by all, changed by administrators, audited, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from process.rest_head import Head, head
from tensorfleet.store.tinydb import TinyDBStore

POLICY = "/api/v1/queue/policy"


@pytest.fixture(autouse=True)
def usual(rest: Head) -> None:
    assert rest.ask("PUT", POLICY, body={"policy": {}, "force": True}).status == 200


def value(answer: object, name: str) -> object:
    return next((each["value"] for each in answer.json["settings"] if each["name"] == name), None)


def last(rest: Head) -> dict[str, object]:
    events = rest.ask("GET", "/api/v1/events?limit=1000").json["items"]
    return [event for event in events if event["kind"] == "policy.changed"][-1]


def test_a_change_is_durable_and_audited(rest: Head) -> None:
    rev = rest.ask("GET", POLICY).json["rev"]
    done = rest.ask("PATCH", POLICY, body={"set": {"half_life": "3d", "teams.vision.share": 3}})
    assert (done.status, done.json["rev"]) == (200, rev + 1)
    assert done.json["changes"] == [
        {"name": "half_life", "old": "7d", "new": "3d"},
        {"name": "teams.vision.share", "old": "1", "new": "3"},
    ]
    seen = rest.ask("GET", POLICY, rest.key_for("reader", "viewer"))
    assert (value(seen, "half_life"), value(seen, "teams.vision.share")) == (259200.0, 3.0)
    event = last(rest)
    assert event["actor"] == rest.ask("GET", "/api/v1/me").json["user"]
    assert event["data"] == {"half_life": "7d -> 3d", "teams.vision.share": "1 -> 3"}
    doc = rest.do(lambda: rest.services.store.get("policy", "policy"))
    assert doc["settings"]["half_life"] == 259200.0


def test_nothing_is_applied_by_halves_or_by_a_dry_run(rest: Head) -> None:
    before = rest.ask("GET", POLICY).json
    wrong = rest.ask("PATCH", POLICY, body={"set": {"half_life": "3d", "halflife": "3d"}})
    assert (wrong.status, wrong.json["hint"]) == (422, "Did you mean `half_life`?")
    dry = rest.ask("PATCH", POLICY, body={"set": {"half_life": "3d"}, "dry_run": True})
    assert (dry.status, len(dry.json["changes"])) == (200, 1)
    stale = rest.ask("PATCH", POLICY, body={"set": {"half_life": "3d"}, "rev": before["rev"] - 1})
    assert stale.status == 409
    assert rest.ask("GET", POLICY).json == before


def test_put_says_all_of_it(rest: Head) -> None:
    rest.ask("PATCH", POLICY, body={"set": {"min_run": "1h"}})
    done = rest.ask("PUT", POLICY, body={"policy": {"teams": {"vision": {"cap": 16}}, "half_life": "1d"}})
    assert (done.status, value(done, "min_run") == 3600.0, value(done, "teams.vision.cap")) == (200, False, 16)
    assert last(rest)["data"].keys() == {"half_life", "min_run", "teams.vision.cap"}


def test_a_quota_below_what_is_held_is_refused_with_who_holds_it(rest: Head) -> None:
    rest.join("quotas", slots=4)
    key = rest.key_for("quota", "member", "quotas")
    body = {"name": "big", "run": "x", "resources": {"slots": 3}, "class": "batch"}
    job = rest.ask("POST", "/api/v1/jobs", key, body).json["id"]
    assert rest.ask("GET", f"/api/v1/jobs/{job}").json["state"] == "starting"
    for name in ("teams.quotas", "users.quotas/quota"):
        refused = rest.ask("PATCH", POLICY, body={"set": {f"{name}.cap": 2}})
        assert refused.status == 409
        assert "below what is held" in refused.json["detail"]
        assert f"big ({job}) of quota 3" in refused.json["detail"]
        assert rest.ask("PATCH", POLICY, body={"set": {f"{name}.cap": 2}, "dry_run": True}).status == 409
        assert rest.ask("PATCH", POLICY, body={"set": {f"{name}.cap": 3}}).status == 200
    assert rest.ask("PATCH", POLICY, body={"set": {"teams.quotas.guarantee": 2}}).status == 200
    assert rest.ask("PATCH", POLICY, body={"set": {"teams.quotas.guarantee": 1}}).status == 409
    assert rest.ask("PATCH", POLICY, body={"set": {"teams.quotas.cap": 2}, "force": True}).status == 200
    rest.ask("POST", f"/api/v1/jobs/{job}/kill")


def test_only_operators_and_administrators_use_the_class_urgent(rest: Head) -> None:
    body = {"run": "x", "class": "urgent", "hold": True}
    for route in ("/api/v1/jobs", "/api/v1/jobs:plan"):
        refused = rest.ask("POST", route, rest.key_for("hasty", "member"), body)
        assert (refused.status, refused.json["code"]) == (403, "not_allowed")
        assert "urgent" in refused.json["detail"]
    made = rest.ask("POST", "/api/v1/jobs", body=body)
    assert (made.status, made.json["class"]) == (201, "urgent")
    assert made.json["held"]["by"] == rest.ask("GET", "/api/v1/me").json["user"]
    rest.ask("POST", f"/api/v1/jobs/{made.json['id']}/kill")


def test_the_next_head_goes_on_with_it(tmp_path: Path) -> None:
    with head(tmp_path, TinyDBStore(tmp_path)) as first:
        assert first.ask("PATCH", POLICY, body={"set": {"teams.vision.cap": 7}}).status == 200
    with head(tmp_path, TinyDBStore(tmp_path)) as second:
        assert second.services.shell.control.policy.team("vision").cap == 7
