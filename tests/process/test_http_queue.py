"""The queue over REST: its order, and who may change it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from process.rest_head import Head

JOBS = "/api/v1/jobs"


@pytest.fixture
def line(rest: Head) -> Iterator[dict[str, str]]:
    """a, b and c of the team vision wait, and then x of nlp; for want of nodes that large."""
    keys = {"vision": rest.key_for("vera", "member"), "nlp": rest.key_for("nick", "member", "nlp")}
    ids = {}
    for name in "abcx":
        body = {"name": f"q-{name}", "run": "x", "hold": True}
        made = rest.ask("POST", JOBS, keys["nlp" if name == "x" else "vision"], body)
        ids[name] = made.json["id"]
    yield ids | keys
    for name in "abcx":
        rest.ask("POST", f"{JOBS}/{ids[name]}/kill")


def order(rest: Head, key: str = "admin") -> str:
    items = rest.ask("GET", "/api/v1/queue", key).json["items"]
    return "".join(each["name"][2:] for each in items if each["name"].startswith("q-"))


def test_the_queue_shows_ones_own_and_the_place_among_all(rest: Head, line: dict[str, str]) -> None:
    page = rest.ask("GET", "/api/v1/queue", line["nlp"]).json
    assert [each["name"] for each in page["items"]] == ["q-x"]
    (entry,) = page["items"]
    assert (entry["position"], page["waiting"], entry["code"]) == (4, 4, "HELD")
    assert (entry["held_by"], entry["class"], entry["team"]) == ("nick", "normal", "nlp")
    assert rest.ask("GET", "/api/v1/queue?limit=0").status == 422
    assert len(rest.ask("GET", "/api/v1/queue?limit=2").json["items"]) == 2


def test_a_member_moves_jobs_of_the_own_team_and_an_operator_all(rest: Head, line: dict[str, str]) -> None:
    def move(job: str, key: str, **body: str) -> int:
        return rest.ask("POST", f"{JOBS}/{line[job]}/move", key, body).status

    assert move("c", line["vision"], to="first") == 200
    assert order(rest) == "cabx"
    assert move("c", line["vision"], to="before", other="q-b") == 200
    assert order(rest) == "acbx"
    assert move("x", line["vision"], to="first") == 404
    assert move("c", line["vision"], to="before", other=line["x"]) == 404
    assert move("x", line["nlp"], to="first") == 200
    assert order(rest) == "acbx"
    assert move("x", rest.key_for("olga", "operator"), to="before", other=line["a"]) == 200
    assert order(rest) == "xacb"
    assert move("a", line["vision"], to="before") == 422
    assert move("a", line["vision"], to="first", other="q-b") == 422
    assert move("a", line["vision"], to="front") == 422
    listed = [each["name"] for each in rest.ask("GET", f"{JOBS}?state=queued").json["items"]]
    assert len(listed) == len(set(listed)) == 4


def test_set_checks_as_a_submit_does(rest: Head, line: dict[str, str]) -> None:
    def change(key: str, **body: object):
        return rest.ask("POST", f"{JOBS}/{line['b']}/set", key, body)

    done = change(line["vision"], priority=70, max_duration="8h", **{"class": "batch"})
    assert (done.status, done.json["class"], done.json["priority"]) == (200, "batch", 70)
    assert done.json["max_duration"] == 8 * 3600.0
    assert change(line["vision"], **{"class": "urgent"}).status == 403
    assert change(rest.key_for("olga", "operator"), **{"class": "urgent"}).json["class"] == "urgent"
    assert order(rest) == "bacx"
    for wrong in ({"priority": 101}, {"class": "fast"}, {"max_duration": "soon"}, {"after": ["nobody"]}, {"team": "x"}):
        assert change(line["vision"], **wrong).status == 422, wrong
    assert change(line["nlp"], priority=1).status == 404
    assert change(line["vision"], after=["q-a"]).json["after"] == [line["a"]]
    circle = rest.ask("POST", f"{JOBS}/{line['a']}/set", line["vision"], {"after": ["q-b"]})
    assert circle.status == 409
    assert f"q-a ({line['a']}) waits for q-b ({line['b']}), which waits for q-a" in circle.json["detail"]


def test_holding_is_told_with_who_did_it(rest: Head, line: dict[str, str]) -> None:
    released = rest.ask("POST", f"{JOBS}/{line['a']}/release", line["vision"])
    assert (released.status, released.json["held"]) == (200, None)
    held = rest.ask("POST", f"{JOBS}/{line['a']}/hold", rest.key_for("olga", "operator"))
    assert held.json["held"]["by"] == "olga"
    why = rest.ask("GET", f"{JOBS}/{line['a']}/why", line["vision"]).json
    assert (why["code"], "olga holds it" in why["text"]) == ("HELD", True)
    events = rest.ask("GET", f"{JOBS}/{line['a']}/events").json["items"]
    told = [(each["kind"], each["actor"]) for each in events]
    assert told[-2:] == [("job.released", "vera"), ("job.held", "olga")]
    rest.ask("POST", f"{JOBS}/{line['a']}/kill")
    assert rest.ask("POST", f"{JOBS}/{line['a']}/hold").status == 409
