"""Finding the agents' port of a head from whichever address somebody was told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from doors import HOST, open_door, run

from tensorfleet.agent.joining.handshake import locate
from tensorfleet.errors import HeadUnreachable


@contextlib.asynccontextmanager
async def answering(body: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """An HTTP server that gives `body` to whoever asks for anything in HTTP, and 400 to the rest."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            first = await reader.readexactly(4)
            status = b"200 OK" if first == b"GET " else b"400 Bad Request"
            if first == b"GET ":
                await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
            await writer.drain()

    server = await asyncio.start_server(serve, HOST, 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def test_the_agents_port_itself(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            head = await locate(HOST, door.port)
            assert (head.rpc_port, head.chain.fingerprint) == (door.port, door.authority.fingerprint)
            assert head.chain.ca_pem == door.authority.ca_pem

    run(scene())


def test_the_plain_http_port(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            open_door(tmp_path / "head") as door,
            answering(json.dumps({"rpc_port": door.port}).encode()) as port,
        ):
            assert (await locate(HOST, port)).rpc_port == door.port

    run(scene())


@pytest.mark.parametrize("http11", [True, False])
def test_the_https_port(tmp_path: Path, http11: bool) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tmp_path / "head/server.pem", tmp_path / "head/server.key")
            if http11:
                context.set_alpn_protocols(["http/1.1"])
            async with answering(json.dumps({"rpc_port": door.port}).encode(), context) as port:
                assert (await locate(HOST, port)).rpc_port == door.port

    run(scene())


def test_nothing_listens() -> None:
    async def scene() -> None:
        server = await asyncio.start_server(lambda *_: None, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        with pytest.raises(HeadUnreachable, match=f"Nothing listens at {HOST}:{port}"):
            await locate(HOST, port)

    run(scene())


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(HeadUnreachable, match="cannot be reached"):
        run(locate("no-such-host.invalid", 7338))


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[1]", b"{}", b'{"rpc_port": true}', b'{"rpc_port": 70000}', b'{"rpc_port": "1"}', b"[" * 60000],
    ids=range(7),
)
def test_some_other_web_server(body: bytes) -> None:
    async def scene() -> None:
        async with answering(body) as port:
            with pytest.raises(HeadUnreachable, match="is not a TensorFleet head"):
                await locate(HOST, port)

    run(scene())


def test_a_server_that_never_answers() -> None:
    async def scene() -> None:
        async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()
            finally:
                writer.close()

        server = await asyncio.start_server(ignore, HOST, 0)
        async with server:
            with pytest.raises(HeadUnreachable, match=r"does not answer within 0\.2 s"):
                await locate(HOST, server.sockets[0].getsockname()[1], patience=0.2)

    run(scene())


def test_a_head_that_names_a_port_nobody_serves() -> None:
    async def scene() -> None:
        async with answering(b"x") as closed:
            pass
        async with answering(json.dumps({"rpc_port": closed}).encode()) as port:
            with pytest.raises(HeadUnreachable, match="Nothing listens"):
                await locate(HOST, port)

    run(scene())
