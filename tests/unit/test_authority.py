"""The fleet's CA: made once, never silently replaced; the head's certificate follows its addresses."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.errors import Corrupt, InvalidRequest
from tensorfleet.head.authority import DAY, SERVER_RENEWAL, Authority, check_csr
from tensorfleet.wire import anonymous

NOW = 1_800_000_000.0


def request(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)


def test_a_second_start_is_the_same_fleet_with_the_same_certificate(tmp_path: Path) -> None:
    first = Authority.open(tmp_path, ["a"], ["10.0.0.1"], NOW)
    second = Authority.open(tmp_path, ["a"], ["10.0.0.1"], NOW + DAY)
    assert second.fingerprint == first.fingerprint
    assert second.server_chain == first.server_chain


def test_new_addresses_and_old_age_call_for_a_new_server_certificate(tmp_path: Path) -> None:
    first = Authority.open(tmp_path, ["a"], ["10.0.0.1"], NOW)
    moved = Authority.open(tmp_path, ["a"], ["10.0.0.2", "fd00::1%eth0"], NOW)
    aged = Authority.open(tmp_path, ["a"], ["10.0.0.2", "fd00::1"], NOW + SERVER_RENEWAL + DAY)
    assert len({first.server_chain, moved.server_chain, aged.server_chain}) == 3
    assert first.fingerprint == moved.fingerprint == aged.fingerprint


def test_the_server_certificate_names_the_head(tmp_path: Path) -> None:
    chain = Authority.open(tmp_path, ["rack-head", "größe", ""], ["10.0.0.1"], NOW).server_chain
    leaf, ca = x509.load_pem_x509_certificates(chain)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "rack-head", "tensorfleet-head"]
    assert {str(ip) for ip in names.get_values_for_type(x509.IPAddress)} == {"10.0.0.1", "127.0.0.1", "::1"}
    leaf.verify_directly_issued_by(ca)


def test_everything_is_readable_by_the_owner_only(tmp_path: Path) -> None:
    Authority.open(tmp_path, [], [], NOW)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert files == dict.fromkeys(("ca.key", "ca.pem", "server.key", "server.pem"), 0o600)


@pytest.mark.parametrize("break_it", [lambda f: (f / "ca.key").unlink(), lambda f: (f / "ca.pem").write_bytes(b"junk")])
def test_a_ca_that_cannot_be_used_is_not_replaced(tmp_path: Path, break_it) -> None:  # type: ignore[no-untyped-def]
    Authority.open(tmp_path, [], [], NOW)
    break_it(tmp_path)
    with pytest.raises(Corrupt, match="backup"):
        Authority.open(tmp_path, [], [], NOW)


def test_a_key_of_another_ca_is_noticed(tmp_path: Path) -> None:
    Authority.open(tmp_path / "a", [], [], NOW)
    Authority.open(tmp_path / "b", [], [], NOW)
    (tmp_path / "a/ca.key").write_bytes((tmp_path / "b/ca.key").read_bytes())
    with pytest.raises(Corrupt):
        Authority.open(tmp_path / "a", [], [], NOW)


def test_a_damaged_server_certificate_is_simply_made_again(tmp_path: Path) -> None:
    before = Authority.open(tmp_path, [], [], NOW)
    (tmp_path / "server.pem").write_bytes(b"junk")
    assert Authority.open(tmp_path, [], [], NOW).fingerprint == before.fingerprint


def test_a_node_certificate_names_its_node_and_lives_a_week(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path, [], [], NOW)
    csr = check_csr(request(ec.generate_private_key(ec.SECP256R1())))
    pem = authority.issue(csr, NOW).encode()
    assert authority.node_of(pem) == csr.node_id
    assert x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp() == NOW + 7 * DAY


def test_no_other_certificate_names_a_node(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "a", [], [], NOW)
    other = Authority.open(tmp_path / "b", [], [], NOW)
    foreign = other.issue(check_csr(request(ec.generate_private_key(ec.SECP256R1()))), NOW).encode()
    for pem in (foreign, anonymous.CERTIFICATE_PEM, authority.server_chain, authority.ca_pem, b"", b"junk"):
        assert authority.node_of(pem) is None


def test_a_request_signed_by_another_key_is_refused() -> None:
    one, other = (request(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    a, b = x509.load_der_x509_csr(one), x509.load_der_x509_csr(other)
    forged = one.replace(a.signature, b.signature)
    if len(a.signature) == len(b.signature):
        with pytest.raises(InvalidRequest, match="not signed by the key"):
            check_csr(forged)


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()])
def test_only_p256_keys_are_taken(key: ec.EllipticCurvePrivateKey) -> None:
    with pytest.raises(InvalidRequest, match="P-256"):
        check_csr(request(key))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_request(data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        check_csr(data)


CSR = request(ec.generate_private_key(ec.SECP256R1()))


@given(st.integers(0, len(CSR) - 1), st.integers(0, 255))
def test_a_request_with_one_changed_byte_is_refused(place: int, value: int) -> None:
    changed = CSR[:place] + bytes([value]) + CSR[place + 1 :]
    if changed != CSR:
        with pytest.raises(InvalidRequest):
            check_csr(changed)
