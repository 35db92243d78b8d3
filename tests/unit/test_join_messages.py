"""What crosses the wire when a machine joins: each part of a request is signed, each message is checked."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.errors import Fault, InvalidRequest, NotAuthenticated
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.join import (
    Answer,
    Denied,
    Issued,
    JoinRequest,
    PairRequest,
    PairStatusRequest,
    RenewRequest,
    denial,
    error_of,
    join_is_signed,
    sign_join,
)

KEY = bytes(32)
CA = hashlib.sha256(b"CA").hexdigest()
REQUEST = JoinRequest("id", b"csr", "rack-1", bytes(32), sign_join(KEY, CA, b"csr", "rack-1", bytes(32)))


def test_a_signed_request_is_recognised() -> None:
    assert join_is_signed(unpack(pack(REQUEST), JoinRequest), KEY, CA)


@pytest.mark.parametrize(
    "changed", [{"csr": b"cs"}, {"name": "rack-2"}, {"nonce": b"1" * 32}, {"mac": b"1" * 32}], ids=str
)
def test_a_change_of_any_part_is_noticed(changed: dict[str, object]) -> None:
    assert not join_is_signed(msgspec.structs.replace(REQUEST, **changed), KEY, CA)


def test_another_key_or_another_fleet_is_noticed() -> None:
    assert not join_is_signed(REQUEST, b"1" * 32, CA)
    assert not join_is_signed(REQUEST, KEY, hashlib.sha256(b"rogue").hexdigest())


def test_parts_cannot_be_moved_from_one_to_the_next() -> None:
    assert sign_join(KEY, CA, b"ab", "c", b"") != sign_join(KEY, CA, b"a", "bc", b"")


@pytest.mark.parametrize("name", ["", "-x", "a b", "a\n", "x" * 64, "../up", "é"])
def test_a_bad_name_is_refused_by_the_decoder(name: str) -> None:
    with pytest.raises(InvalidRequest):
        unpack(pack(PairRequest(b"csr", name)), PairRequest)


@pytest.mark.parametrize("kind", [JoinRequest, PairRequest, PairStatusRequest, RenewRequest, Answer])
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_a_message_or_an_invalid_request(kind: object, data: bytes) -> None:
    try:
        unpack(data, kind)
    except InvalidRequest:
        pass


def test_a_denial_arrives_as_the_error_it_was() -> None:
    denied = unpack(pack(denial(NotAuthenticated("No.", "Ask."))), Answer)
    assert isinstance(denied, Denied)
    error = error_of(denied)
    assert (type(error), error.detail, error.hint) == (NotAuthenticated, "No.", "Ask.")


def test_a_code_of_a_newer_head_is_still_an_error() -> None:
    assert isinstance(error_of(Denied("never_heard_of", "No.")), Fault)


def test_an_issued_certificate_survives_the_way() -> None:
    issued = Issued("n1", "PEM", "CA")
    assert unpack(pack(issued), Answer) == issued
