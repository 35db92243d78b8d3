"""Who this agent is: its key, its certificate, and the one CA it trusts, in files only its owner may read.

    node.key    made at the first start; the node's id is derived from it
    node.pem    the certificate, renewed at two thirds of its life
    ca.pem      the fleet's CA; once it is here, no other is ever followed
    head.json   where the head was last reached

A copy of the folder on a second machine would be the same node; that is not guarded against here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tensorfleet.config.secretfile import write_secret
from tensorfleet.errors import Corrupt, NotAuthenticated
from tensorfleet.wire.join import Issued, fingerprint_of, node_id_of

RENEW_AT: Final = 2 / 3
"""The part of its life after which a certificate is renewed."""

MOST_ADDRESSES: Final = 8


class _Reached(msgspec.Struct, frozen=True):
    targets: tuple[str, ...] = ()


class Identity:
    """The files in `folder`, which is made if needed. Raises Corrupt for files that cannot be used, and OSError."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._key = _load_key(folder / "node.key")
        self.key_pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.node_id = node_id_of(self.public_key)
        self._ca = self._load("ca.pem")
        self._certificate = self._load("node.pem") if self._ca else None
        if self._certificate and self._certificate.public_key() != self._key.public_key():
            raise self._unusable("node.pem is not for node.key")

    @property
    def joined(self) -> bool:
        """Whether some fleet has given this agent a certificate; it may have run out since."""
        return self._certificate is not None

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the CA this agent is pinned to, in hex; None before it joined."""
        return fingerprint_of(self._ca.public_bytes(Encoding.DER)) if self._ca else None

    @property
    def ca_pem(self) -> bytes:
        """Raises NotAuthenticated before the agent joined."""
        return self._have(self._ca).public_bytes(Encoding.PEM)

    @property
    def certificate_pem(self) -> bytes:
        """Raises NotAuthenticated before the agent joined."""
        return self._have(self._certificate).public_bytes(Encoding.PEM)

    @property
    def renew_at(self) -> float:
        """When the certificate is to be renewed, in unix seconds. Raises NotAuthenticated before the agent joined."""
        certificate = self._have(self._certificate)
        start, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
        return start + (end - start) * RENEW_AT

    @property
    def expires(self) -> float:
        """When the certificate runs out, in unix seconds. Raises NotAuthenticated before the agent joined."""
        return self._have(self._certificate).not_valid_after_utc.timestamp()

    @property
    def targets(self) -> tuple[str, ...]:
        """Where the head was reached before, as HOST:PORT, the latest first."""
        try:
            reached = msgspec.json.decode((self._folder / "head.json").read_bytes(), type=_Reached)
        except (FileNotFoundError, msgspec.MsgspecError):
            return ()
        return reached.targets

    def csr(self) -> bytes:
        """A certificate request for the key, PKCS #10 in DER."""
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

    def check_pin(self, fingerprint: str, where: str) -> None:
        """Raises NotAuthenticated when the agent has joined a fleet with another CA than that of `fingerprint`."""
        if self.fingerprint not in (None, fingerprint):
            raise NotAuthenticated(
                f"The head at {where} belongs to another fleet: its CA is {fingerprint[:16]}…, this agent joined"
                f" {str(self.fingerprint)[:16]}….",
                f"Start the agent with another --data-dir, or delete {self._folder} to leave the old fleet.",
            )

    def accept(self, issued: Issued, fingerprint: str) -> None:
        """Takes a certificate and pins its CA, which has to be the one with `fingerprint`. Durable on return.

        Raises NotAuthenticated for a certificate that is not for this key, or of another CA.
        """
        try:
            certificate = x509.load_pem_x509_certificate(issued.certificate.encode())
            ca = x509.load_pem_x509_certificate(issued.ca.encode())
            certificate.verify_directly_issued_by(ca)
            fits = certificate.public_key() == self._key.public_key()
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion) as error:
            raise NotAuthenticated("The head sent a certificate that cannot be used.") from error
        if not fits or fingerprint_of(ca.public_bytes(Encoding.DER)) != fingerprint:
            raise NotAuthenticated("The head sent a certificate that is not for this agent.")
        self.check_pin(fingerprint, "the other end")
        if self._ca is None:
            write_secret(self._folder / "ca.pem", ca.public_bytes(Encoding.PEM))
        write_secret(self._folder / "node.pem", certificate.public_bytes(Encoding.PEM))
        self._ca, self._certificate = ca, certificate

    def remember(self, target: str) -> None:
        """Notes that the head was reached at `target` (HOST:PORT)."""
        known = self.targets
        if known[:1] != (target,):
            targets = (target, *(other for other in known if other != target))[:MOST_ADDRESSES]
            write_secret(self._folder / "head.json", msgspec.json.encode(_Reached(targets)))

    def _load(self, name: str) -> x509.Certificate | None:
        try:
            return x509.load_pem_x509_certificate((self._folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, x509.InvalidVersion) as error:
            raise self._unusable(f"{name} is not a certificate") from error

    def _unusable(self, why: str) -> Corrupt:
        return Corrupt(
            f"The agent's identity in {self._folder} is damaged: {why}.", "Delete the folder and join the agent again."
        )

    def _have(self, certificate: x509.Certificate | None) -> x509.Certificate:
        if certificate is None:
            raise NotAuthenticated("This agent has not joined a fleet.", "Start it with --join TOKEN, or pair it.")
        return certificate


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key: Any = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        key = ec.generate_private_key(ec.SECP256R1())
        write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Corrupt(f"{path} is not the key of a node.", "Delete the folder it is in and join the agent again.")
    return key
