"""The fleet's certificate authority: who the head is, and which keys are its nodes.

Made once, at the first start; its fingerprint is the fleet's identity and is what join tokens pin. Node
certificates live seven days and are renewed by their owners, so that no list of revoked ones is needed: whether a
node still belongs to the fleet is asked of the head's records at every call (`rpc/peer.py`).

All keys are NIST P-256, which every TLS library takes (BoringSSL, in gRPC, does not take Ed25519 unasked).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

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
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tensorfleet.config.secretfile import write_secret
from tensorfleet.errors import Corrupt, InvalidRequest
from tensorfleet.wire.join import HEAD_NAME, fingerprint_of, node_id_of

DAY: Final = 86400.0
CA_LIFE: Final = 3650 * DAY
SERVER_LIFE: Final = 800 * DAY
"""Apple's systems refuse server certificates over 825 days, a private CA's too."""
SERVER_RENEWAL: Final = 400 * DAY
"""At a start, the head's certificate is replaced when it has less than this to live."""
NODE_LIFE: Final = 7 * DAY
BACKDATED: Final = 3600.0
"""Certificates are valid from an hour ago, for machines whose clock is behind."""

NODE_URI: Final = "tensorfleet://node/"

_NOT_OURS: Final = (
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
class CheckedCsr:
    """A certificate request whose maker has proved to hold the key. `public_key`: SubjectPublicKeyInfo in DER."""

    node_id: str
    public_key: bytes
    key: ec.EllipticCurvePublicKey


def check_csr(der: bytes) -> CheckedCsr:
    """Reads a certificate request. Only its key counts: names in it are ignored. Raises InvalidRequest."""
    try:
        csr = x509.load_der_x509_csr(der)
        key, signed = csr.public_key(), csr.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise InvalidRequest("The certificate request cannot be read.") from error
    if not signed:
        raise InvalidRequest("The certificate request is not signed by the key in it.")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidRequest("The key of a node has to be on the curve P-256.")
    public_key = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return CheckedCsr(node_id_of(public_key), public_key, key)


class Authority:
    """The CA of one fleet and the head's own certificate.

    fingerprint: SHA-256 of the CA certificate in hex. server_key, server_chain: for TLS servers of the head, in
    PEM; the chain ends with the CA, so that whoever asks can compare its fingerprint.
    """

    def __init__(
        self, ca: x509.Certificate, key: ec.EllipticCurvePrivateKey, server_key: bytes, server_chain: bytes
    ) -> None:
        self._ca = ca
        self._key = key
        self.ca_pem = ca.public_bytes(Encoding.PEM)
        self.fingerprint = fingerprint_of(ca.public_bytes(Encoding.DER))
        self.server_key = server_key
        self.server_chain = server_chain

    @classmethod
    def open(cls, folder: Path, names: Iterable[str], addresses: Iterable[str], now: float) -> Authority:
        """Loads the CA in `folder`, or makes it; also the head's certificate, for `names` and `addresses`.

        Writes ca.key, ca.pem, server.key and server.pem, each 0600 and each whole or not at all. `now`: unix
        seconds. Raises Corrupt where the CA on disk cannot be used (it is never replaced, since every node of the
        fleet would be lost) and OSError.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ca, key = _load_ca(folder) or _make_ca(folder, now)
        wanted = _alternative_names(names, addresses)
        server = _load_server(folder, ca, wanted, now) or _make_server(folder, ca, key, wanted, now)
        return cls(ca, key, *server)

    def issue(self, csr: CheckedCsr, now: float) -> str:
        """A node certificate in PEM, good for NODE_LIFE from `now` (unix seconds)."""
        builder = _builder(csr.node_id, self._ca.subject, csr.key, now, NODE_LIFE)
        alternative = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(NODE_URI + csr.node_id)])
        certificate = _end_entity(builder, self._key, ExtendedKeyUsageOID.CLIENT_AUTH, alternative)
        return certificate.public_bytes(Encoding.PEM).decode()

    def node_of(self, certificate_pem: bytes) -> str | None:
        """The id of the node that `certificate_pem` was issued to; None for any certificate that is not such.

        Whether it is still valid is the TLS handshake's to say.
        """
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            certificate.verify_directly_issued_by(self._ca)
            uris = certificate.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            ).value.get_values_for_type(x509.UniformResourceIdentifier)
            spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except _NOT_OURS:
            return None
        node_id = node_id_of(spki)
        return node_id if uris == [NODE_URI + node_id] else None


def _load_ca(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    # The certificate is written last: without it, nobody has ever seen the key.
    if not (folder / "ca.pem").exists():
        return None
    try:
        ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, FileNotFoundError) as error:
        raise _unusable(folder) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != ca.public_key():
        raise _unusable(folder)
    return ca, key


def _unusable(folder: Path) -> Corrupt:
    return Corrupt(
        f"The fleet's CA in {folder} cannot be used: ca.pem and ca.key are damaged or do not belong together.",
        "Put both back from a backup. If there is none, move ca.pem away; every node then has to join again.",
    )


def _make_ca(folder: Path, now: float) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    mark = fingerprint_of(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))[:8]
    name = f"TensorFleet CA {mark}"
    ca = (
        _builder(name, _named(name), public, now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(folder / "ca.key", _key_pem(key))
    write_secret(folder / "ca.pem", ca.public_bytes(Encoding.PEM))
    return ca, key


def _load_server(
    folder: Path, ca: x509.Certificate, wanted: x509.SubjectAlternativeName, now: float
) -> tuple[bytes, bytes] | None:
    """The head's key and chain on disk, unless something about them calls for new ones."""
    try:
        key_pem, chain = (folder / "server.key").read_bytes(), (folder / "server.pem").read_bytes()
        key, leaf = load_pem_private_key(key_pem, None), x509.load_pem_x509_certificate(chain)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, *_NOT_OURS):
        return None
    fits = (
        chain.endswith(ca.public_bytes(Encoding.PEM))
        and isinstance(key, ec.EllipticCurvePrivateKey)
        and key.public_key() == leaf.public_key()
        and leaf.issuer == ca.subject
        and names == wanted
        and leaf.not_valid_after_utc.timestamp() - now >= SERVER_RENEWAL
        and leaf.not_valid_before_utc.timestamp() <= now
    )
    return (key_pem, chain) if fits else None


def _make_server(
    folder: Path,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    names: x509.SubjectAlternativeName,
    now: float,
) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(HEAD_NAME, ca.subject, key.public_key(), now, SERVER_LIFE)
    leaf = _end_entity(builder, ca_key, ExtendedKeyUsageOID.SERVER_AUTH, names)
    key_pem, chain = _key_pem(key), leaf.public_bytes(Encoding.PEM) + ca.public_bytes(Encoding.PEM)
    write_secret(folder / "server.key", key_pem)
    write_secret(folder / "server.pem", chain)
    return key_pem, chain


def _alternative_names(names: Iterable[str], addresses: Iterable[str]) -> x509.SubjectAlternativeName:
    """What the head's certificate is good for; host names that no certificate can hold are left out."""
    hosts = {HEAD_NAME, "localhost", *(name for name in names if name and name.isascii())}
    numbers = {ip_address("127.0.0.1"), ip_address("::1"), *(ip_address(text.partition("%")[0]) for text in addresses)}
    return x509.SubjectAlternativeName(
        [*map(x509.DNSName, sorted(hosts)), *map(x509.IPAddress, sorted(numbers, key=str))]
    )


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: float, life: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.fromtimestamp(int(now - BACKDATED), dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(int(now + life), dt.UTC))
    )


def _end_entity(
    builder: x509.CertificateBuilder,
    signer: ec.EllipticCurvePrivateKey,
    purpose: x509.ObjectIdentifier,
    names: x509.SubjectAlternativeName,
) -> x509.Certificate:
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
