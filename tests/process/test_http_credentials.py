"""What a request without the right credential is told, and what a page of somebody else cannot do."""

from __future__ import annotations

import asyncio
import re

import pytest

from process.rest_head import Head
from tensorfleet.wire.credential import make_api_key


def session(rest: Head) -> str:
    """A cookie, by way of the login link."""
    token = rest.ask("POST", "/api/v1/login-tokens").json["token"]
    answer = rest.ask(
        "POST",
        "/login",
        None,
        f"token={token}".encode(),
        Origin=rest.url,
        Content_Type="application/x-www-form-urlencoded",
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    return answer.headers["Set-Cookie"]


def test_no_credential_is_401_with_a_challenge(rest: Head) -> None:
    answer = rest.ask("GET", "/api/v1/jobs", None)
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json["code"] == "not_authenticated"


@pytest.mark.parametrize("wrong", ["tfk_short", "Basic", "tfl_x_y_z", "é" * 20, " "])
def test_what_is_no_key_is_refused_with_a_sentence(rest: Head, wrong: str) -> None:
    answer = rest.ask("GET", "/api/v1/me", wrong.encode("utf-8").decode("latin-1"))
    assert answer.status == 401
    assert answer.json["detail"]


def test_a_whole_key_of_another_fleet_is_refused(rest: Head) -> None:
    answer = rest.ask("GET", "/api/v1/me", make_api_key(bytes(range(40))).text)
    assert (answer.status, "not known here" in answer.json["detail"]) == (401, True)


def test_a_flood_of_wrong_keys_is_told_to_wait_and_locks_nobody_out(rest: Head) -> None:
    wrong = make_api_key(bytes(range(1, 41))).text
    statuses = [rest.ask("GET", "/api/v1/me", wrong).status for _ in range(60)]
    assert set(statuses) == {401, 429}
    refused = rest.ask("GET", "/api/v1/me", wrong)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert rest.ask("GET", "/api/v1/me").status == 200
    assert rest.ask("GET", "/api/v1/me", None).status == 401


def test_a_login_link_is_looked_at_for_nothing_and_used_once(rest: Head) -> None:
    token = rest.ask("POST", "/api/v1/login-tokens").json["token"]
    for _ in range(3):
        looked = rest.ask("GET", f"/login?token={token}", None)
        assert (looked.status, token in looked.data.decode()) == (200, True)
    first = rest.ask("POST", "/api/v1/login", None, {"token": token})
    assert (first.status, first.json["role"]) == (201, "admin")
    assert rest.ask("GET", "/api/v1/me", first.json["key"]).json["user"] == "admin"
    assert rest.ask("POST", "/api/v1/login", None, {"token": token}).status in (401, 429)


def test_a_login_link_is_good_for_ten_minutes(rest: Head) -> None:
    token = rest.ask("POST", "/api/v1/login-tokens").json["token"]
    rest.ahead = 601.0
    try:
        assert rest.ask("POST", "/api/v1/login", None, {"token": token}).status in (401, 429)
    finally:
        rest.ahead = 0.0


def test_two_at_once_with_one_login_token_get_one_session(rest: Head) -> None:
    keys = rest.services.keys
    token, _ = rest.do(keys.new_login_token())

    async def both() -> list[object]:
        return await asyncio.gather(keys.open_session(token), keys.open_session(token), return_exceptions=True)

    assert sorted(type(result).__name__ for result in rest.do(both())) == ["NotAuthenticated", "str"]


def test_the_page_writes_what_it_was_given_as_text(rest: Head) -> None:
    page = rest.ask("GET", '/login?token="><script>alert(1)</script>', None)
    assert b"<script" not in page.data
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(rest: Head) -> None:
    cookie = session(rest)
    assert re.match(r"tensorfleet=[\w-]{43};", cookie)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_a_session_reads_and_with_header_and_origin_also_changes(rest: Head) -> None:
    cookie = session(rest).partition(";")[0]
    body = {"user": "browser", "role": "viewer"}
    assert rest.ask("GET", "/api/v1/me", None, Cookie=cookie).json["role"] == "admin"
    assert rest.ask("POST", "/api/v1/keys", None, body, Cookie=cookie).status == 403
    assert rest.ask("POST", "/api/v1/keys", None, body, Cookie=cookie, Origin=rest.url).status == 403
    for origin in ("http://evil.example", "null", f"{rest.url}.evil.example", rest.url.replace(":", "://x@", 1)):
        stolen = rest.ask("POST", "/api/v1/keys", None, body, Cookie=cookie, Origin=origin, X_TensorFleet="1")
        assert stolen.status == 403
    own = rest.ask("POST", "/api/v1/keys", None, body, Cookie=cookie, Origin=rest.url, X_TensorFleet="1")
    assert own.status == 201


def test_logging_out_ends_the_session(rest: Head) -> None:
    cookie = session(rest).partition(";")[0]
    assert rest.ask("POST", "/logout", None, Cookie=cookie, Origin=rest.url, X_TensorFleet="1").status == 204
    assert rest.ask("GET", "/api/v1/me", None, Cookie=cookie).status == 401


def test_a_session_ends_after_twelve_idle_hours_and_after_a_week(rest: Head) -> None:
    cookie = session(rest).partition(";")[0]
    ask = [0.0, 11.9 * 3600, 23.7 * 3600]
    try:
        for rest.ahead in ask:
            assert rest.ask("GET", "/api/v1/me", None, Cookie=cookie).status == 200
        rest.ahead += 12.1 * 3600
        assert rest.ask("GET", "/api/v1/me", None, Cookie=cookie).status == 401
    finally:
        rest.ahead = 0.0


def test_a_foreign_page_cannot_log_a_browser_in(rest: Head) -> None:
    token = rest.ask("POST", "/api/v1/login-tokens").json["token"]
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for origin in ({"Origin": "http://evil.example"}, {}):
        assert rest.ask("POST", "/login", None, f"token={token}".encode(), **form, **origin).status == 403
    assert rest.ask("POST", "/api/v1/login", None, {"token": token}).status == 201


def test_a_planted_cookie_is_no_session(rest: Head) -> None:
    assert rest.ask("GET", "/api/v1/me", None, Cookie="tensorfleet=chosen-by-somebody").status == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7337", 200),
        ("127.0.0.1", 200),
        ("[::1]:7337", 200),
        ("head.example", 200),
        ("HEAD.example.:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:7337", 421),
    ],
)
def test_a_name_that_somebody_pointed_here_is_refused(rest: Head, host: str, status: int) -> None:
    assert rest.ask("GET", "/health", None, Host=host).status == status


def test_no_secret_and_no_query_is_logged(rest: Head, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = rest.ask("POST", "/api/v1/login-tokens").json["token"]
    cookie = session(rest).partition(";")[0]
    rest.ask("GET", f"/login?token={token}", None, Cookie=cookie)
    rest.ask("GET", "/api/v1/jobs?name=private-name")
    ours = [record for record in caplog.records if not record.name.startswith("urllib3")]
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert "answered" in logged
    for secret in (token, cookie, rest.admin, "private-name"):
        assert secret not in logged
