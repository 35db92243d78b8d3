"""Usage over REST: what was held, by whom, and only of teams that one may see."""

from __future__ import annotations

from process.rest_head import Head

USAGE = "/api/v1/usage"


def test_what_a_team_holds_is_reported_to_it_and_to_operators_only(rest: Head) -> None:
    rest.join("n", slots=4)
    key = rest.key_for("tina", "member", "tabular")
    other = rest.key_for("otto", "member", "others")
    assert rest.ask("POST", "/api/v1/jobs", key, {"run": "x", "resources": {"slots": 3}}).status == 201
    for who, path in ((key, USAGE), (None, f"{USAGE}?team=tabular")):
        (row,) = rest.ask("GET", path, *([who] if who else [])).json["items"]
        assert (row["name"], row["jobs"], row["lost_hours"], row["efficiency"]) == ("tabular", 1, 0.0, None)
        assert row["slot_hours"] > 0 == row["gpu_hours"]
    assert rest.ask("GET", USAGE, other).json["items"] == []
    assert rest.ask("GET", f"{USAGE}?by=user", key).json["items"][0]["name"] == "tina"


def test_what_cannot_be_a_window_or_a_grouping_is_refused(rest: Head) -> None:
    for query in ("since=2&until=1", "since=1&until=1", "since=soon", "by=colour"):
        found = rest.ask("GET", f"{USAGE}?{query}")
        assert found.status in (400, 422), found
