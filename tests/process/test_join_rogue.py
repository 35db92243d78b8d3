"""Who may come in and who is believed: heads that pose as another, callers that are nobody, old and plain TLS."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
import time
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from doors import HOST, Door, open_door, run

from tensorfleet.agent.joining.channel import OPTIONS, call_unnamed, node_credentials
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token, pair
from tensorfleet.errors import HeadUnreachable, NotAuthenticated
from tensorfleet.head.authority import Authority, check_csr
from tensorfleet.head.rpc.credentials import server_credentials
from tensorfleet.wire import anonymous
from tensorfleet.wire.join import SERVICE
from tensorfleet.wire.pairing import Words


async def yes(_: Words) -> bool:
    return True


async def call(door: Door, credentials: grpc.ChannelCredentials, method: str = "GetBlob") -> bytes:
    async with grpc.aio.secure_channel(f"{HOST}:{door.port}", credentials, options=OPTIONS) as channel:
        answer: bytes = await channel.unary_unary(f"/{SERVICE}/{method}")(b"", timeout=5)
        return answer


async def joined(door: Door, folder: Path) -> Identity:
    identity = Identity(folder)
    token, _ = await door.joining.make_token("admin")
    await join_with_token(identity, await door.address(), token, "rack-1")
    return identity


@contextlib.asynccontextmanager
async def listening_in(port: int) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A relay to `port` that keeps what clients send."""
    heard: list[bytes] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: list[bytes] | None) -> None:
        with contextlib.closing(writer):
            while data := await reader.read(65536):
                if keep is not None:
                    keep.append(data)
                writer.write(data)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, port)
        await asyncio.gather(copy(reader, back, heard), copy(there, writer, None), return_exceptions=True)

    server = await asyncio.start_server(relay, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


def test_a_head_that_is_not_the_tokens_is_told_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "rogue") as rogue:
            token, _ = await door.joining.make_token("admin")
            identity = Identity(tmp_path / "agent")
            with pytest.raises(NotAuthenticated, match="not the one of this join token"):
                await join_with_token(identity, await rogue.address(), token, "rack-1")
            assert rogue.calls == []
            assert not identity.joined

    run(scene())


def test_meeting_a_head_sends_a_handshake_and_no_more(tmp_path: Path) -> None:
    """Nothing but TLS handshake records leaves; in TLS 1.3 the client's last flight is encrypted, and small."""

    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, listening_in(door.port) as (port, heard):
            token, _ = await door.joining.make_token("admin")
            door.port = port
            await door.address()
            sent = b"".join(heard)
            assert sent[:2] == b"\x16\x03"
            assert token.id.encode() not in sent
            assert len(sent) < 4096
            assert door.calls == []

    run(scene())


def test_a_node_follows_no_head_of_another_fleet(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "rogue") as rogue:
            identity = await joined(door, tmp_path / "agent")
            token, _ = await rogue.joining.make_token("admin")
            with pytest.raises(NotAuthenticated, match="another fleet"):
                await join_with_token(identity, await rogue.address(), token, "rack-1")
            with pytest.raises(NotAuthenticated, match="another fleet"):
                await pair(identity, await rogue.address(), "rack-1", yes)
            with pytest.raises(grpc.aio.AioRpcError):
                await call(rogue, node_credentials(identity))
            assert rogue.calls == []
            assert identity.fingerprint == door.authority.fingerprint

    run(scene())


def test_a_token_for_one_head_sent_on_by_another_is_of_no_use(tmp_path: Path) -> None:
    """The signature covers the CA the machine saw."""

    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "rogue") as rogue:
            token, record = await door.joining.make_token("admin")
            await rogue.records.save_token(record)
            half_forged = token.__class__(bytes.fromhex(rogue.authority.fingerprint)[:16], token.id, token.secret)
            with pytest.raises(NotAuthenticated):
                await join_with_token(Identity(tmp_path / "agent"), await door.address(), half_forged, "rack-1")

    run(scene())


def test_the_anonymous_certificate_opens_joining_and_nothing_else(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            ca = door.authority.ca_pem
            unnamed = grpc.ssl_channel_credentials(ca, anonymous.KEY_PEM, anonymous.CERTIFICATE_PEM)
            for method in ("GetBlob", "RenewCertificate", "Session"):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(door, unnamed, method)
                assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
            await call(door, unnamed, "Join")

    run(scene())


def test_a_call_after_a_nodes_does_not_inherit_its_name(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = await joined(door, tmp_path / "agent")
            unnamed = grpc.ssl_channel_credentials(door.authority.ca_pem, anonymous.KEY_PEM, anonymous.CERTIFICATE_PEM)
            for _ in range(5):
                assert await call(door, node_credentials(identity)) == identity.node_id.encode()
                with pytest.raises(grpc.aio.AioRpcError):
                    await call(door, unnamed)

    run(scene())


def test_a_removed_node_is_refused_at_its_next_call(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = await joined(door, tmp_path / "agent")
            await door.shell.remove_node(identity.node_id, "admin")
            with pytest.raises(grpc.aio.AioRpcError, match="removed from the fleet"):
                await call(door, node_credentials(identity))

    run(scene())


def test_a_certificate_signed_with_the_published_key_is_refused(tmp_path: Path) -> None:
    """gRPC itself would take one signed by a trust anchor that is no CA; hence a CA whose key nobody has."""

    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            node = await joined(door, tmp_path / "node")
            thief = Identity(tmp_path / "thief")
            forged = _signed_by_published_key(thief, node.node_id)
            chain = forged + anonymous.CERTIFICATE_PEM
            for shown in (forged, chain):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(door, grpc.ssl_channel_credentials(door.authority.ca_pem, thief.key_pem, shown))
                assert caught.value.code() is grpc.StatusCode.UNAVAILABLE

    run(scene())


def test_the_gate_does_not_rely_on_the_handshake(tmp_path: Path) -> None:
    """Even where TLS were to trust another CA, a node certificate of that CA names nobody."""

    async def scene() -> None:
        other = Authority.open(tmp_path / "other", [], [], time.time())
        lax = Authority.open(tmp_path / "head", ["head.example"], [HOST], time.time())
        lax.ca_pem += other.ca_pem
        async with open_door(tmp_path / "head", credentials=server_credentials(lax)) as door:
            identity = Identity(tmp_path / "agent")
            certificate = other.issue(check_csr(identity.csr()), door.clock()).encode()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(door, grpc.ssl_channel_credentials(door.authority.ca_pem, identity.key_pem, certificate))
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED

    run(scene())


def test_no_certificate_and_no_tls_get_no_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(door, grpc.ssl_channel_credentials(door.authority.ca_pem))
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            async with grpc.aio.insecure_channel(f"{HOST}:{door.port}") as channel:
                with pytest.raises(grpc.aio.AioRpcError):
                    await channel.unary_unary(f"/{SERVICE}/Join")(b"", timeout=5)
            reader, writer = await asyncio.open_connection(HOST, door.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: head\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert b"HTTP/" not in await reader.read(100)
            writer.close()
            assert door.calls == []

    run(scene())


def test_tls_older_than_1_2_is_refused(tmp_path: Path) -> None:
    async def shake(door: Door, version: ssl.TLSVersion) -> str | None:
        context = ssl.create_default_context(cadata=door.authority.ca_pem.decode())
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(tmp_path / "anonymous.pem")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # asking for TLS 1.1 is deprecated, and the point
            context.minimum_version = context.maximum_version = version
        _, writer = await asyncio.open_connection(HOST, door.port, ssl=context, server_hostname="tensorfleet-head")
        spoken: str | None = writer.get_extra_info("ssl_object").version()
        writer.close()
        return spoken

    async def scene() -> None:
        (tmp_path / "anonymous.pem").write_bytes(anonymous.KEY_PEM + anonymous.CERTIFICATE_PEM)
        async with open_door(tmp_path / "head") as door:
            assert await shake(door, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await shake(door, ssl.TLSVersion.TLSv1_1)

    run(scene())


def test_a_call_to_a_head_with_another_ca_than_it_showed_fails(tmp_path: Path) -> None:
    """Somebody who takes the head's place between the handshake and the call gets nothing."""

    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "rogue") as rogue:
            seen = await door.address()
            moved = seen.__class__(HOST, rogue.port, seen.chain)
            with pytest.raises(HeadUnreachable):
                await call_unnamed(moved, "Join", b"", 5)
            assert rogue.calls == []

    run(scene())


def _signed_by_published_key(thief: Identity, node_id: str) -> bytes:
    public = serialization.load_der_public_key(thief.public_key)
    issuer = x509.load_pem_x509_certificate(anonymous.CERTIFICATE_PEM).subject
    now = dt.datetime.now(dt.UTC)
    uri = x509.UniformResourceIdentifier(f"tensorfleet://node/{node_id}")
    return (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(1))
        .not_valid_after(now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        .sign(serialization.load_pem_private_key(anonymous.KEY_PEM, None), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
