"""API keys: made by those who may, for as much as they have themselves, known by their hash, ended at once."""

from __future__ import annotations

import json

from process.rest_head import Head
from tensorfleet.store.port import Put


def test_a_key_works_and_its_secret_is_nowhere_in_the_store(rest: Head) -> None:
    secret = rest.key_for("ann", "member")
    assert rest.ask("GET", "/api/v1/me", secret).json == {"user": "ann", "team": "vision", "role": "member"}
    documents = rest.do(lambda: [rest.services.store.find(name) for name in ("keys", "users", "sessions")])
    assert secret not in json.dumps(documents)


def test_a_member_makes_keys_for_nobody_else_and_of_no_higher_role(rest: Head) -> None:
    secret = rest.key_for("ben", "member")
    assert rest.ask("POST", "/api/v1/keys", secret, {"user": "ben", "role": "viewer"}).status == 201
    for body in ({"user": "ben", "role": "admin"}, {"user": "ben", "role": "operator"}, {"user": "admin"}):
        refused = rest.ask("POST", "/api/v1/keys", secret, body)
        assert (refused.status, refused.json["code"]) == (403, "not_allowed")


def test_a_viewers_key_of_a_member_does_not_grow_back(rest: Head) -> None:
    member = rest.key_for("cleo", "member")
    viewer = rest.ask("POST", "/api/v1/keys", member, {"user": "cleo", "role": "viewer"}).json["key"]
    assert rest.ask("POST", "/api/v1/keys", viewer, {"user": "cleo", "role": "member"}).status == 403
    token = rest.ask("POST", "/api/v1/login-tokens", viewer).json["token"]
    login = rest.ask("POST", "/api/v1/login", None, {"token": token})
    assert (login.status, login.json["role"]) == (201, "viewer")


def test_a_demoted_user_takes_all_keys_along(rest: Head) -> None:
    secret = rest.key_for("dora", "member")
    assert rest.ask("POST", "/api/v1/jobs:plan", secret, {"run": "true"}).status != 403

    async def demote() -> None:
        store = rest.services.store
        await store.commit([Put("users", "dora", {**store.get("users", "dora"), "role": "viewer"})])

    rest.do(demote())
    assert rest.ask("POST", "/api/v1/jobs:plan", secret, {"run": "true"}).status == 403
    assert rest.ask("GET", "/api/v1/me", secret).json["role"] == "viewer"


def test_others_keys_do_not_exist_for_a_member(rest: Head) -> None:
    eva, fred = rest.key_for("eva", "member"), rest.key_for("fred", "member")
    theirs = next(key for key in rest.ask("GET", "/api/v1/keys").json["items"] if key["user"] == "fred")
    assert {key["user"] for key in rest.ask("GET", "/api/v1/keys", eva).json["items"]} == {"eva"}
    assert rest.ask("DELETE", f"/api/v1/keys/{theirs['id']}", eva).status == 404
    assert rest.ask("GET", "/api/v1/me", fred).status == 200


def test_a_revoked_key_ends_at_once(rest: Head) -> None:
    secret = rest.key_for("gus", "member")
    mine = rest.ask("GET", "/api/v1/keys", secret).json["items"][0]
    assert mine["key"] is None
    assert rest.ask("DELETE", f"/api/v1/keys/{mine['id']}", secret).status == 204
    assert rest.ask("GET", "/api/v1/me", secret).status == 401


def test_a_key_expires(rest: Head) -> None:
    made = rest.ask("POST", "/api/v1/keys", body={"user": "hal", "days": 0.5}).json
    assert rest.ask("GET", "/api/v1/me", made["key"]).status == 200
    rest.ahead = 43_201.0
    try:
        late = rest.ask("GET", "/api/v1/me", made["key"])
        assert (late.status, "expired" in late.json["detail"]) == (401, True)
    finally:
        rest.ahead = 0.0
    for days in (0, -1, 366, 1e300):
        assert rest.ask("POST", "/api/v1/keys", body={"user": "hal", "days": days}).status == 422


def test_a_user_has_twenty_keys_at_most_and_one_team(rest: Head) -> None:
    for _ in range(20):
        assert rest.ask("POST", "/api/v1/keys", body={"user": "ida", "team": "vision"}).status == 201
    assert rest.ask("POST", "/api/v1/keys", body={"user": "ida"}).status == 409
    assert rest.ask("POST", "/api/v1/keys", body={"user": "eva", "team": "speech"}).status == 409


def test_use_is_recorded_once_a_minute_and_not_with_every_request(rest: Head) -> None:
    secret = rest.key_for("jan", "viewer")
    revisions = []
    for ahead in (0.0, 1.0, 2.0, 61.0):
        rest.ahead = ahead
        rest.ask("GET", "/api/v1/me", secret)
        revisions.append(rest.do(lambda: rest.services.store.find("keys", lambda doc: doc["user"] == "jan")[0]["rev"]))
    rest.ahead = 0.0
    assert revisions == [2, 2, 2, 3]


def test_names_of_users_and_teams_are_names(rest: Head) -> None:
    for body in ({"user": ""}, {"user": "a\nb"}, {"user": "x" * 10_000}, {"user": "kim", "team": "<script>"}):
        assert rest.ask("POST", "/api/v1/keys", body=body).status == 422


def test_the_owners_key_stays_and_a_lost_one_is_replaced(rest: Head) -> None:
    keys = rest.services.keys
    assert rest.do(keys.bootstrap(rest.admin)) is None
    lost, rest.admin = rest.admin, rest.do(keys.bootstrap(""))
    assert rest.ask("GET", "/api/v1/me").json["role"] == "admin"
    assert rest.ask("GET", "/api/v1/me", lost).status == 401
