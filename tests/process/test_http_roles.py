"""Every route, asked by everybody: who is let through, who is not, and what does not exist for whom.

The table says for each route which of viewer, member, operator and admin may; a route that is missing in it fails.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from process.rest_head import Head
from tensorfleet.head import http
from tensorfleet.head.http.app import ROUTES
from tensorfleet.head.http.route import Route, route
from tensorfleet.head.roles import ROLES, Permission

V, M, O, A = "viewer", "member", "operator", "admin"  # noqa: E741
ALL = {V, M, O, A}

MAY = {
    "submit_job": {M, A},
    "list_jobs": ALL,
    "plan_job": {M, A},
    "read_usage": ALL,
    "show_calendar": ALL,
    "reserve_nodes": {O, A},
    "cancel_reservation": {O, A},
    "show_job": ALL,
    "stop_job": {M, O, A},
    "kill_job": {M, O, A},
    "show_job_file": ALL,
    "pause_job": {M, O, A},
    "resume_job": {M, O, A},
    "requeue_job": {M, O, A},
    "retry_job": {M, O, A},
    "why_job": ALL,
    "list_recipes": ALL,
    "list_queue": ALL,
    "hold_job": {M, O, A},
    "release_job": {M, O, A},
    "move_job": {M, O, A},
    "set_job": {M, O, A},
    "list_teams": ALL,
    "show_policy": ALL,
    "change_some_policy": {A},
    "replace_policy": {A},
    "read_logs": ALL,
    "read_metrics": ALL,
    "read_job_events": ALL,
    "list_artifacts": ALL,
    "get_artifact": ALL,
    "list_checkpoints": ALL,
    "list_checkpoint_files": ALL,
    "get_checkpoint_file": ALL,
    "missing_blobs": {M, A},
    "put_blob": {M, A},
    "list_workers": ALL,
    "show_history": ALL,
    "show_worker": ALL,
    "show_telemetry": ALL,
    "approve_worker": {A},
    "drain_worker": {O, A},
    "resume_worker": {O, A},
    "label_worker": {O, A},
    "test_worker": {O, A},
    "remove_worker": {A},
    "create_join_token": {A},
    "read_events": ALL,
    "watch_workers": ALL,
    "show_me": ALL,
    "list_keys": ALL,
    "create_key": ALL,
    "revoke_key": ALL,
    "create_login_token": ALL,
    "logout": ALL,
    "scrape": ALL,
    "show_openapi": ALL,
    "show_docs": ALL,
    "get_backup": {A},
}
"""May: is not told 401 or 403 for the route itself."""

OPEN = {"show_health", "show_ready", "show_login", "login", "exchange_token", "show_home", "show_page", "get_asset"}
"""Without a credential."""

FOREIGN = [
    ("GET", ""),
    ("GET", "/why"),
    ("GET", "/logs"),
    ("GET", "/metrics"),
    ("GET", "/events"),
    ("GET", "/artifacts"),
    ("GET", "/artifacts/model.pt"),
    ("GET", "/checkpoints"),
    ("GET", "/checkpoints/latest/files"),
    ("GET", "/checkpoints/latest/files/x"),
    ("GET", "/file"),
    ("POST", "/kill"),
    ("POST", "/stop"),
    ("POST", "/pause"),
    ("POST", "/requeue"),
    ("POST", "/resume"),
    ("POST", "/retry"),
    ("POST", "/hold"),
    ("POST", "/release"),
]


@pytest.fixture(scope="module")
def keys(rest: Head) -> dict[str, str]:
    return {role: rest.key_for(f"a-{role}", role) for role in ROLES}


@pytest.fixture(scope="module")
def strangers(rest: Head) -> dict[str, str]:
    return {"outside": rest.key_for("outside", "member"), "looking": rest.key_for("looking", "viewer")}


def path_of(route: Route) -> str:
    """An address of the route at which there is nothing, so that nothing is changed by whoever is let through."""
    parts = {
        "job": "nothing",
        "worker": "nothing",
        "key": "nothing",
        "reservation": "nothing",
        "digest": "0" * 64,
        "path": "no",
        "asset": "no",
        "page": "no",
        "checkpoint": "1",
    }
    return route.path.format(**parts)


def ask(rest: Head, route: Route, key: str | None, path: str = ""):
    body = {} if route.body not in (None, bytes) else b"x" if route.body is bytes else None
    kind = {"Content_Type": "application/octet-stream"} if route.body is bytes else {}
    return rest.ask(route.method, path or path_of(route), key, body, **kind)


def test_the_table_holds_every_route() -> None:
    assert {route.name for route in ROUTES} == MAY.keys() | OPEN
    assert len(ROUTES) == len(MAY) + len(OPEN)


def test_every_route_that_is_declared_is_served() -> None:
    modules = (importlib.import_module(f"{http.__name__}.{each.name}") for each in pkgutil.iter_modules(http.__path__))
    declared = {each.name for module in modules for each in vars(module).values() if isinstance(each, Route)}
    assert declared == {each.name for each in ROUTES}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.name in MAY], ids=lambda route: route.name)
def test_who_may(rest: Head, keys: dict[str, str], route: Route) -> None:
    anybody = ask(rest, route, None)
    assert (anybody.status, anybody.json["code"]) == (401, "not_authenticated")
    for role, key in keys.items():
        if route.name == "watch_workers" and role in MAY[route.name]:
            with rest.stream("/worker-activity", key):
                continue
        answer = ask(rest, route, key)
        let_through = answer.status not in (401, 403)
        assert let_through is (role in MAY[route.name]), (role, answer.status, answer.data)
        assert answer.status < 500, answer.data


@pytest.mark.parametrize("route", [route for route in ROUTES if route.name in OPEN], ids=lambda route: route.name)
def test_what_is_open_to_all(rest: Head, route: Route) -> None:
    assert ask(rest, route, None).status in (200, 302, 404, 415, 422)


def test_no_address_is_served_beside_the_table(rest: Head) -> None:
    for path in ("/api/v1/users", "/api/v1/jobs/", "/api", "/static/x", "/api/v1/jobs/a/b", "/admin.key"):
        assert rest.ask("GET", path).status == 404


@pytest.mark.parametrize(("method", "tail"), FOREIGN)
def test_jobs_of_another_team_do_not_exist(rest: Head, strangers: dict[str, str], method: str, tail: str) -> None:
    theirs = rest.ask("POST", "/api/v1/jobs", body={"run": "true", "name": "secret-plan", "team": "speech"}).json["id"]
    unknown = rest.ask(method, f"/api/v1/jobs/j000000000{tail}", strangers["outside"], body_of(tail))
    for key in strangers.values():
        for reference in (theirs, "secret-plan"):
            answer = rest.ask(method, f"/api/v1/jobs/{reference}{tail}", key, body_of(tail))
            if answer.status != 403:
                assert (answer.status, answer.json["code"]) == (unknown.status, unknown.json["code"])
                assert answer.json["detail"] == unknown.json["detail"].replace("j000000000", reference)
    assert rest.ask(method, f"/api/v1/jobs/{theirs}{tail}", body=body_of(tail)).json != unknown.json


def body_of(tail: str) -> dict[str, object] | None:
    return {} if tail in ("/stop", "/pause", "/requeue") else None


def test_lists_and_streams_of_a_member_hold_their_own_team_only(rest: Head, keys: dict[str, str]) -> None:
    mine = rest.ask("POST", "/api/v1/jobs", keys["member"], {"run": "true", "name": "same"}).json["id"]
    theirs = rest.ask("POST", "/api/v1/jobs", body={"run": "true", "name": "same", "team": "speech"}).json["id"]
    listed = {job["id"] for job in rest.ask("GET", "/api/v1/jobs?limit=500", keys["member"]).json["items"]}
    assert mine in listed
    assert theirs not in listed
    assert rest.ask("GET", "/api/v1/jobs?team=speech", keys["member"]).json["items"] == []
    assert rest.ask("GET", "/api/v1/jobs/same", keys["member"]).json["id"] == mine
    assert rest.ask("GET", "/api/v1/jobs/same").json["id"] == theirs
    events = rest.ask("GET", "/api/v1/events?limit=1000", keys["member"]).json["items"]
    assert mine in {event["job"] for event in events}
    assert theirs not in {event["job"] for event in events}
    assert not [event for event in events if event["kind"].startswith("key.")]
    with rest.stream("/api/v1/events?after=0", keys["member"]) as stream:
        seen = [next(stream)[2]["id"] for _ in events]
    assert seen == [event["id"] for event in events]
    assert [event for event in rest.ask("GET", "/api/v1/events?limit=1000").json["items"] if event["job"] == theirs]


def test_a_member_submits_for_their_own_team_and_an_admin_for_any(rest: Head, keys: dict[str, str]) -> None:
    assert rest.ask("POST", "/api/v1/jobs", keys["member"], {"run": "true"}).json["team"] == "vision"
    assert rest.ask("POST", "/api/v1/jobs", keys["member"], {"run": "true", "team": "speech"}).status == 403
    assert rest.ask("POST", "/api/v1/jobs", body={"run": "true", "team": "speech"}).json["team"] == "speech"


def test_ids_and_names_are_compared_whole(rest: Head) -> None:
    job = rest.ask("POST", "/api/v1/jobs", body={"run": "true", "name": "exact"}).json["id"]
    for near in (job[:-1], job + "0", job.upper(), "exac", "exact ", "Exact", "*", "%", ".."):
        assert rest.ask("GET", f"/api/v1/jobs/{near}").status == 404


def test_a_route_without_a_permission_stops_the_start() -> None:
    with pytest.raises(TypeError, match="declares no permission"):
        route("GET", "/x", None, tag="head")(lambda call: call)  # type: ignore[arg-type]
    assert all(isinstance(route.permission, Permission) for route in ROUTES)
