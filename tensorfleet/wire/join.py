"""How a machine becomes a node: requests and answers of Join, Pair, PairStatus and RenewCertificate.

Each is one unary call of `tensorfleet.v1.Agents` on the agents' port, msgpack both ways. An answer is what was
asked for, or Denied; a failure never travels as a gRPC status. A certificate request is a PKCS #10 in DER (RFC
2986); the key in it is the node's identity for good.

A join request is signed with HMAC-SHA-256 (RFC 2104) over the CA's fingerprint, the certificate request, the name
and a nonce, with a key both sides derive from the token. The token itself never travels, and a head that does not
know it learns nothing it could use elsewhere. There is no nonce of the head's: a request that is replayed yields
another certificate for the key in it, which only the machine that made the request can use, and it does not count
against the token's uses.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Final

import msgspec

from tensorfleet.errors import (
    Conflict,
    Fault,
    HeadUnreachable,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    StoreFailed,
    StoreFull,
    TensorFleetError,
    TooLarge,
    Unavailable,
)

SERVICE: Final = "tensorfleet.v1.Agents"

HEAD_NAME: Final = "tensorfleet-head"
"""The name in every head's certificate, by whatever address it is reached."""

NONCE: Final = 32
"""Random bytes in a join request."""

Csr = Annotated[bytes, msgspec.Meta(min_length=1, max_length=4096)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")]
Proof = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Ticket = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


class JoinRequest(msgspec.Struct, frozen=True):
    """`token`: the id of the join token. `mac`: see `sign_join`."""

    token: Annotated[str, msgspec.Meta(max_length=64)]
    csr: Csr
    name: Name
    nonce: Proof
    mac: Proof


class PairRequest(msgspec.Struct, frozen=True):
    """Asks to be let in by people who compare words. The same request may be made again."""

    csr: Csr
    name: Name


class PairStatusRequest(msgspec.Struct, frozen=True):
    """Asks how the request behind `ticket` stands; answered when it changes, or after a while.

    `confirmed`: whether the person at the machine found the words equal.
    """

    ticket: Ticket
    confirmed: bool


class RenewRequest(msgspec.Struct, frozen=True):
    """Asks for a younger certificate, for the key of the present one."""

    csr: Csr


class Issued(msgspec.Struct, frozen=True, tag=True):
    """A node certificate and the fleet's CA, both PEM. `node`: the node's id, which is in the certificate too."""

    node: str
    certificate: str
    ca: str


class PairPending(msgspec.Struct, frozen=True, tag=True):
    """The request waits. `approved`: by the fleet's side. `expires`: seconds until it is forgotten."""

    ticket: Ticket
    approved: bool
    expires: float


class Denied(msgspec.Struct, frozen=True, tag=True):
    """A `TensorFleetError`: its code, sentence and hint."""

    code: str
    detail: str
    hint: str = ""


Answer = Issued | PairPending | Denied

_ERRORS: Final[dict[str, type[TensorFleetError]]] = {
    kind.code: kind
    for kind in (
        InvalidRequest,
        TooLarge,
        NotAuthenticated,
        NotAllowed,
        NotFound,
        Conflict,
        Fault,
        HeadUnreachable,
        StoreFull,
        StoreFailed,
        Unavailable,
    )
}


def denial(error: TensorFleetError) -> Denied:
    """`error` as it travels."""
    return Denied(error.code, error.detail, error.hint)


def error_of(denied: Denied) -> TensorFleetError:
    """What travelled as `denied`; a code that is not known here becomes a Fault."""
    return _ERRORS.get(denied.code, Fault)(denied.detail, denied.hint)


def fingerprint_of(certificate: bytes) -> str:
    """SHA-256 of a certificate's DER, in hex: how a CA is pinned."""
    return hashlib.sha256(certificate).hexdigest()


def node_id_of(public_key: bytes) -> str:
    """A node's id: "n" and the first 64 bits of the SHA-256 of its public key (DER, SubjectPublicKeyInfo)."""
    return "n" + hashlib.sha256(public_key).hexdigest()[:16]


def sign_join(key: bytes, fingerprint: str, csr: bytes, name: str, nonce: bytes) -> bytes:
    """The `mac` of a JoinRequest. key: see `credential.join_key`; fingerprint: of the fleet's CA, in hex.

    Every part is preceded by its length, so that no two requests have the same transcript.
    """
    transcript = hmac.new(key, b"tensorfleet join 1", hashlib.sha256)
    for part in (bytes.fromhex(fingerprint), csr, name.encode(), nonce):
        transcript.update(len(part).to_bytes(4))
        transcript.update(part)
    return transcript.digest()


def join_is_signed(request: JoinRequest, key: bytes, fingerprint: str) -> bool:
    """Whether whoever made `request` knew the token."""
    return hmac.compare_digest(sign_join(key, fingerprint, request.csr, request.name, request.nonce), request.mac)
