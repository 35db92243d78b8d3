"""The listening socket: ports that are taken, TLS, pages of the web interface, and an end in time."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest
import urllib3
from aiohttp import web

from process.rest_head import Head
from tensorfleet.errors import InvalidRequest, PortInUse
from tensorfleet.head.authority import Authority
from tensorfleet.head.http.app import build_app
from tensorfleet.head.http.server import serve


def test_a_taken_port_is_a_sentence_with_a_hint(rest: Head) -> None:
    with pytest.raises(PortInUse) as refused:
        rest.do(serve(web.Application(), "127.0.0.1", rest.running.port))
    assert str(rest.running.port) in refused.value.detail
    assert "--http-port" in refused.value.hint


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.name.invalid", "1:2"])
def test_an_address_that_is_not_ours_is_a_sentence(rest: Head, host: str) -> None:
    with pytest.raises(InvalidRequest, match="not an address to listen on"):
        rest.do(serve(web.Application(), host, 0))


def test_any_port_will_do(rest: Head) -> None:
    async def scene() -> tuple[int, str]:
        running = await serve(web.Application(), "::1", 0)
        await running.close()
        return running.port, running.url

    port, url = rest.do(scene())
    assert url == f"http://[::1]:{port}"


def test_under_tls_the_cookie_is_bound_to_the_host_and_names_do_not_matter(rest: Head, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path, ("localhost",), ("127.0.0.1",), time.time())
    (tmp_path / "both.pem").write_bytes(authority.server_key + authority.server_chain)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "both.pem")

    async def start():
        return await serve(build_app(rest.services, tls=True), "127.0.0.1", 0, context)

    running = rest.do(start())
    pool = urllib3.PoolManager(ca_cert_data=authority.ca_pem.decode(), retries=False)
    try:
        token, _ = rest.do(rest.services.keys.new_login_token())
        answer = pool.request(
            "POST", f"{running.url}/login", fields={"token": token}, encode_multipart=False, redirect=False,
            headers={"Origin": running.url},
        )  # fmt: skip
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-tensorfleet=")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie
        me = {"Cookie": cookie.partition(";")[0], "X-TensorFleet": "1"}
        assert pool.request("GET", f"{running.url}/api/v1/me", headers=me).status == 200
        downgraded = {**me, "Origin": running.url.replace("https", "http")}
        assert pool.request("POST", f"{running.url}/logout", headers=downgraded).status == 403
        assert pool.request("GET", f"{running.url}/health", headers={"Host": "some.name"}).status == 200
    finally:
        pool.clear()
        rest.do(running.close())


def test_the_built_web_interface_is_served_and_only_its_own_files(rest: Head, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>")
    (tmp_path / "assets" / "main-abc.js").write_text("run()")
    (tmp_path / "secret").write_text("x")

    async def start():
        return await serve(build_app(rest.services, ui=tmp_path), "127.0.0.1", 0)

    running = rest.do(start())
    try:
        index = urllib3.request("GET", f"{running.url}/")
        assert b"built" in index.data
        assert index.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "script-src" not in index.headers["Content-Security-Policy"]
        script = urllib3.request("GET", f"{running.url}/assets/main-abc.js")
        assert (script.data, script.headers["Content-Type"].endswith("/javascript")) == (b"run()", True)
        assert "immutable" in script.headers["Cache-Control"]
        for path in ("..%2fsecret", "secret", "%2e%2e%2fsecret", "main-abc.js%00"):
            assert urllib3.request("GET", f"{running.url}/assets/{path}").status == 404
    finally:
        rest.do(running.close())


def test_where_it_is_not_built_a_plain_page_says_so(rest: Head, tmp_path: Path) -> None:
    async def start():
        return await serve(build_app(rest.services, ui=tmp_path), "127.0.0.1", 0)

    running = rest.do(start())
    try:
        page = urllib3.request("GET", f"{running.url}/")
        assert b"not part of this installation" in page.data
        assert b'href="/docs"' in page.data
    finally:
        rest.do(running.close())


def test_a_request_under_way_is_cut_off_at_the_end_in_time(rest: Head) -> None:
    async def scene() -> float:
        began, entered = asyncio.get_running_loop().time(), asyncio.Event()

        async def never(_: web.Request) -> web.Response:
            entered.set()
            await asyncio.Event().wait()
            raise AssertionError

        app = web.Application()
        app.router.add_get("/", never)
        running = await serve(app, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await entered.wait()
        await running.close()
        writer.close()
        return asyncio.get_running_loop().time() - began

    assert rest.do(scene()) < 2.0


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("path", ["/", "/health", "/login", "/docs", "/api/v1/jobs", "/no/such"])
def test_every_answer_carries_the_headers_that_protect(rest: Head, path: str) -> None:
    answer = rest.ask("GET", path)
    assert HEADERS.items() <= dict(answer.headers).items()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert len(answer.headers["X-Request-Id"]) == 16
