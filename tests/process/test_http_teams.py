"""Teams over REST: whoever has a user, a job or a limit, with what it holds."""

from __future__ import annotations

from process.rest_head import Head

POLICY = "/api/v1/queue/policy"


def team(rest: Head, name: str) -> dict[str, object] | None:
    items = rest.ask("GET", "/api/v1/teams").json["items"]
    return next((each for each in items if each["team"]["name"] == name), None)


def test_a_team_is_listed_with_what_it_may_and_what_it_holds(rest: Head) -> None:
    rest.join("n", slots=4)
    key = rest.key_for("tina", "member", "tabular")
    assert team(rest, "tabular")["team"] == {
        "name": "tabular",
        "share": 1.0,
        "guarantee": 0,
        "cap": None,
        "holds": 0,
        "running": 0,
        "waiting": 0,
    }
    for hold in (False, True):
        body = {"run": "x", "resources": {"slots": 3}, "hold": hold}
        assert rest.ask("POST", "/api/v1/jobs", key, body).status == 201
    assert rest.ask("PATCH", POLICY, body={"set": {"teams.tabular.share": 3, "users.tabular/tom.cap": 1}}).status == 200
    found = team(rest, "tabular")
    assert found["team"] == {
        "name": "tabular",
        "share": 3.0,
        "guarantee": 0,
        "cap": None,
        "holds": 3,
        "running": 1,
        "waiting": 1,
    }
    users = {each["name"]: (each["cap"], each["holds"]) for each in found["users"]}
    assert users == {"tabular/tina": (None, 3), "tabular/tom": (1, 0)}


def test_a_team_that_is_only_in_the_policy_is_listed_too_and_goes_with_it(rest: Head) -> None:
    rest.ask("PATCH", POLICY, body={"set": {"teams.ghosts.share": 1}})
    assert team(rest, "ghosts")["team"]["share"] == 1.0
    rest.ask("PATCH", POLICY, body={"reset": ["teams.ghosts"]})
    assert team(rest, "ghosts") is None
