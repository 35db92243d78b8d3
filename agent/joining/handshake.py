"""Meeting a head: whose certificate it shows and on which port it serves agents, before anything is said to it.

The only thing that leaves this machine is a TLS handshake with the anonymous certificate, and, where the port turns
out to be the head's HTTP port, one `GET /health`.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any, Final, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, dump_certificate

from tensorfleet.errors import HeadUnreachable
from tensorfleet.wire import anonymous
from tensorfleet.wire.join import HEAD_NAME, fingerprint_of

PATIENCE: Final = 5.0
"""Seconds for each step."""

_ANSWER = 65536
_ODD = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for certificates of somebody else's making."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What a head shows: its own certificate and its CA's, the one signed by the other, both in force.

    fingerprint: SHA-256 of the CA certificate in hex. Until it is compared with one that is known, all of this
    may be anybody's.
    """

    ca_pem: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True)
class HeadAddress:
    host: str
    rpc_port: int
    chain: Chain

    @property
    def target(self) -> str:
        """HOST:PORT, an IPv6 address in brackets."""
        return f"{_bracketed(self.host)}:{self.rpc_port}"


async def locate(host: str, port: int, patience: float = PATIENCE) -> HeadAddress:
    """The head at `host`, whichever of its two ports `port` is. Raises HeadUnreachable with what is there instead."""
    where = f"{_bracketed(host)}:{port}"
    try:
        return HeadAddress(host, port, await fetch_chain(host, port, patience))
    except _NotGrpc as tls:
        rpc_port = await asyncio.to_thread(_ask_health, host, port, patience, tls.encrypted)
    if rpc_port is None:
        raise HeadUnreachable(
            f"What listens at {where} is not a TensorFleet head.",
            "Give the address a head printed at its start; agents' port is 7338 unless told otherwise.",
        )
    try:
        return HeadAddress(host, rpc_port, await fetch_chain(host, rpc_port, patience))
    except _NotGrpc as error:
        raise HeadUnreachable(
            f"The head at {where} serves agents on port {rpc_port}, but something else answers there."
        ) from error


async def fetch_chain(host: str, port: int, patience: float = PATIENCE) -> Chain:
    """Shakes hands with the agents' port at `host` and leaves. Raises HeadUnreachable."""
    where = f"{_bracketed(host)}:{port}"
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                certificates = await _shake_hands(reader, writer)
            finally:
                writer.close()
    except TimeoutError as error:
        raise HeadUnreachable(
            f"{where} does not answer within {patience:g} s.", "Is it the right address, and does a firewall let it by?"
        ) from error
    except ConnectionRefusedError as error:
        raise HeadUnreachable(
            f"Nothing listens at {where}.", "Is the head running, and is it the right port?"
        ) from error
    except OSError as error:
        raise HeadUnreachable(f"{where} cannot be reached: {error.strerror or error}.") from error
    return _check(certificates, where)


class _NotGrpc(HeadUnreachable):
    """What answers does not speak gRPC over TLS. encrypted: whether it speaks TLS at all."""

    def __init__(self, encrypted: bool) -> None:
        super().__init__("What answers there is not the agents' port of a TensorFleet head.")
        self.encrypted = encrypted


async def _shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[bytes]:
    """What the other end shows, each certificate in DER."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_alpn_protos([b"h2"])
    context.use_certificate(x509.load_pem_x509_certificate(anonymous.CERTIFICATE_PEM))
    context.use_privatekey(cast(ec.EllipticCurvePrivateKey, load_pem_private_key(anonymous.KEY_PEM, None)))
    connection = SSL.Connection(context, None)
    connection.set_tlsext_host_name(HEAD_NAME.encode())
    connection.set_connect_state()
    try:
        while not _advanced(connection):
            await _flush(connection, writer)
            data = await reader.read(_ANSWER)
            if not data:
                raise _NotGrpc(encrypted=False)
            connection.bio_write(data)
        await _flush(connection, writer)
    except SSL.Error as error:
        raise _NotGrpc(encrypted=False) from error
    if connection.get_alpn_proto_negotiated() != b"h2":
        raise _NotGrpc(encrypted=True)
    return [dump_certificate(FILETYPE_ASN1, shown) for shown in connection.get_peer_cert_chain() or []]


def _advanced(connection: SSL.Connection) -> bool:
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        return False
    return True


async def _flush(connection: SSL.Connection, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            writer.write(connection.bio_read(_ANSWER))
        except SSL.WantReadError:
            break
    await writer.drain()


def _check(shown: list[bytes], where: str) -> Chain:
    """The chain of a head: its certificate, then the CA that signed it. Raises HeadUnreachable."""
    not_a_head = HeadUnreachable(f"What listens at {where} is not a TensorFleet head.")
    if len(shown) != 2:
        raise not_a_head
    try:
        leaf, ca = map(x509.load_der_x509_certificate, shown)
        leaf.verify_directly_issued_by(ca)
        ca.verify_directly_issued_by(ca)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _ODD as error:
        raise not_a_head from error
    if HEAD_NAME not in names.get_values_for_type(x509.DNSName):
        raise not_a_head
    now = time.time()
    for certificate in (leaf, ca):
        if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
            raise HeadUnreachable(
                f"By this machine's clock the certificate of the head at {where} is not in force.",
                "Compare the clocks of both machines. If they are right, restart the head: it renews its certificate.",
            )
    return Chain(ca.public_bytes(Encoding.PEM), fingerprint_of(ca.public_bytes(Encoding.DER)))


def _ask_health(host: str, port: int, patience: float, encrypted: bool) -> int | None:
    """The agents' port, as the head's HTTP port tells it; nothing else of the answer is believed."""
    connection: http.client.HTTPConnection
    if encrypted:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=patience, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=patience)
    try:
        connection.request("GET", "/health", headers={"Accept": "application/json"})
        health: Any = json.loads(connection.getresponse().read(_ANSWER))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()
    rpc_port = health.get("rpc_port") if isinstance(health, dict) else None
    return rpc_port if type(rpc_port) is int and 0 < rpc_port < 65536 else None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
