"""Bad input: one clear sentence, the right status, and a head that goes on."""

from __future__ import annotations

import json
import socket

import pytest

from process.rest_head import PATIENCE, Head


@pytest.fixture(autouse=True)
def alive(rest: Head):
    yield
    assert rest.ask("GET", "/health", None).status == 200


BODIES = {
    "an unknown field": ({"run": "true", "nmae": "x"}, 422, "name"),
    "an unknown field inside": ({"run": "true", "resources": {"slot": 1}}, 422, "slots"),
    "a wrong type": ({"run": 7}, 422, "run"),
    "no command": ({}, 422, "command"),
    "a list": ([], 422, "object"),
    "a name with a newline": ({"run": "true", "name": "a\nb"}, 422, "name"),
    "a name of 10,000 characters": ({"run": "true", "name": "x" * 10_000}, 422, "name"),
    "a script for a name": ({"run": "true", "name": "<script>alert(1)</script>"}, 422, "name"),
    "negative GPUs": ({"run": "true", "resources": {"gpus": -1}}, 422, "gpus"),
    "half a GPU": ({"run": "true", "resources": {"gpus": 0.5}}, 422, "gpus"),
    "2^63 slots": ({"run": "true", "resources": {"slots": 2**63}}, 422, "slots"),
    "10^400 slots": ({"run": "true", "resources": {"slots": 10**400}}, 422, "too large"),
    "a negative priority": ({"run": "true", "priority": -1}, 422, "priority"),
    "a NUL in the command": ({"run": "true\0"}, 422, "NUL"),
    "an endless duration": ({"run": "true", "max_duration": "forever"}, 422, "max_duration"),
    "a team that is none": ({"run": "true", "team": "a b"}, 422, "team"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_wrong_job_is_told_what_is_wrong_with_it(rest: Head, name: str) -> None:
    body, status, word = BODIES[name]
    answer = rest.ask("POST", "/api/v1/jobs", body=json.dumps(body).encode(), Content_Type="application/json")
    assert answer.status == status, answer.data
    assert word in answer.json["detail"] + answer.json["hint"]
    assert len(answer.json["detail"]) < 400
    assert answer.json["blame"] == "user"


TEXTS = {
    "not JSON": b"{",
    "nothing": b"",
    "NaN": b'{"run": "true", "priority": NaN}',
    "infinity": b'{"run": "true", "max_duration": 1e999}',
    "minus infinity": b'{"run": "true", "max_duration": -Infinity}',
    "a doubled name": b'{"run": "true", "run": "false"}',
    "half a surrogate pair": b'{"run": "\\ud800"}',
    "half a surrogate pair in a name": b'{"run": "true", "env": {"\\udfff": "1"}}',
    "not UTF-8": b'{"run": "\xff"}',
    "nested too deeply": b'{"params": ' + b"[" * 40 + b"]" * 40 + b"}",
    "100,000 levels": b"[" * 100_000,
    "100,000 levels of objects": b'{"a":' * 100_000,
    "a number of 100,000 digits": b'{"run": "true", "priority": ' + b"1" * 100_000 + b"}",
    "two documents": b'{"run": "true"}{"run": "true"}',
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_json_readers_disagree_about_is_refused(rest: Head, name: str) -> None:
    answer = rest.ask("POST", "/api/v1/jobs", body=TEXTS[name], Content_Type="application/json")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request"), answer.data


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", "", "a/b; charset=x"])
def test_json_has_to_be_called_json(rest: Head, kind: str) -> None:
    answer = rest.ask("POST", "/api/v1/jobs", body=b'{"run": "true"}', Content_Type=kind)
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


def test_other_encodings_of_the_body_are_refused(rest: Head) -> None:
    for headers in ({"Content_Encoding": "gzip"}, {"Content_Type": "application/json; charset=utf-16"}):
        headers = {"Content_Type": "application/json", **headers}
        assert rest.ask("POST", "/api/v1/jobs", body=b'{"run": "true"}', **headers).status in (400, 415)


def test_a_large_body_is_refused_by_its_announced_and_by_its_real_size(rest: Head) -> None:
    large = b'{"run": "' + b"x" * 2**20 + b'"}'
    answer = rest.ask("POST", "/api/v1/jobs", body=large, Content_Type="application/json")
    assert (answer.status, answer.json["code"]) == (413, "too_large")
    chunked = (
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + rest.admin.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"200000\r\n" + b"x" * 0x200000 + b"\r\n0\r\n\r\n"
    )
    assert raw(rest, chunked).startswith(b"HTTP/1.1 413 ")


QUERIES = {
    "/api/v1/jobs?limit=0": "limit",
    "/api/v1/jobs?limit=100000": "limit",
    "/api/v1/jobs?limit=1.0": "limit",
    "/api/v1/jobs?limit=1e2": "limit",
    "/api/v1/jobs?limit=%2B5": "limit",
    "/api/v1/jobs?limit=%205": "limit",
    "/api/v1/jobs?limit=5_0": "limit",
    "/api/v1/jobs?limit=%D9%A5": "limit",
    "/api/v1/jobs?limit=9223372036854775808": "limit",
    "/api/v1/jobs?limit=": "limit",
    "/api/v1/jobs?limit=5&limit=6": "limit",
    "/api/v1/jobs?stat=running": "state",
    "/api/v1/jobs?state=walking": "state",
    "/api/v1/jobs?name=a%00b": "name",
    f"/api/v1/jobs?cursor={'x' * 300}": "cursor",
    "/api/v1/events?after=-1": "after",
    "/api/v1/me?verbose=1": "verbose",
}


@pytest.mark.parametrize("path", QUERIES)
def test_a_wrong_query_is_told_which_parameter(rest: Head, path: str) -> None:
    answer = rest.ask("GET", path)
    assert answer.status == 422, answer.data
    assert QUERIES[path] in answer.json["detail"] + answer.json["hint"]


def test_addresses_and_methods_that_there_are_not(rest: Head) -> None:
    assert rest.ask("GET", "/api/v2/jobs").json["code"] == "not_found"
    wrong = rest.ask("PUT", "/api/v1/jobs")
    assert (wrong.status, wrong.json["code"], wrong.headers["Allow"]) == (405, "method_not_allowed", "GET,POST")


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%252e%252e%252fetc%252fpasswd",
        "..%5c..%5cboot.ini",
        "file:%2f%2f%2fetc%2fshadow",
        "a%00b",
        "a%0d%0aX-Injected:%201",
        "x" * 3000,
        "CON",
    ],
)
def test_paths_of_artifacts_lead_nowhere_else(rest: Head, path: str) -> None:
    job = rest.ask("POST", "/api/v1/jobs", body={"run": "true"}).json["id"]
    answer = rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/{path}")
    assert answer.status == 404
    assert "X-Injected" not in answer.headers


@pytest.mark.parametrize("name", ["index.html", "..%2findex.html", "%2e%2e", ".hidden", "a%2fb", "x" * 300])
def test_assets_lead_nowhere_else(rest: Head, name: str) -> None:
    assert rest.ask("GET", f"/assets/{name}", None).status == 404


def raw(rest: Head, request: bytes) -> bytes:
    """What comes back for these bytes, until the head closes or is done."""
    with socket.create_connection(("127.0.0.1", rest.running.port), PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (more := connection.recv(65536)):
                answer += more
        except ConnectionResetError:
            pass
        return answer


GARBAGE = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    "a line without a path": (b"GET\r\n\r\n", 400),
    "a header with a NUL": (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400),
    "both lengths": (
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    "a header of 20 kB": (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 413),
    "an address of 20 kB": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 413),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_not_proper_http_is_a_problem_too(rest: Head, name: str) -> None:
    request, status = GARBAGE[name]
    answer = raw(rest, request)
    assert answer.split(b" ")[1] in (str(status).encode(), b"400"), answer
    assert b"application/problem+json" in answer
    assert b"Traceback" not in answer


def test_an_unforeseen_fault_is_told_by_a_number_and_logged_once(
    rest: Head, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def burst() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(rest.services.registry, "workers", burst)
    answer = rest.ask("GET", "/api/v1/workers")
    assert (answer.status, answer.json["code"]) == (500, "internal_fault")
    assert "secret detail" not in answer.data.decode()
    assert answer.headers["X-Request-Id"] in answer.json["detail"]
    logged = [record for record in caplog.records if answer.headers["X-Request-Id"] in record.getMessage()]
    assert len(logged) == 1
