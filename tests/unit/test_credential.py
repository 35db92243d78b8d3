"""What a credential looks like, and the sentence each way of getting it wrong earns."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.credential import (
    ENTROPY,
    _sealed,
    make_api_key,
    make_join_token,
    make_login_token,
    parse_api_key,
    parse_join_token,
    parse_login_token,
)

ANY = bytes(range(ENTROPY))
CA = hashlib.sha256(b"a CA").hexdigest()
entropies = st.binary(min_size=ENTROPY, max_size=ENTROPY)


def test_an_api_key_has_the_documented_form() -> None:
    assert re.fullmatch(r"tfk_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", make_api_key(ANY).text)


def test_a_join_token_has_the_documented_form() -> None:
    token = make_join_token(CA, ANY)
    assert re.fullmatch(r"tfj1_[0-9A-Za-z]{22}_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", token.text)


@given(entropies)
def test_keys_and_login_tokens_survive_being_written_and_read(entropy: bytes) -> None:
    key, token = make_api_key(entropy), make_login_token(entropy)
    assert parse_api_key(f"  {key.text}\n") == key
    assert parse_login_token(token.text) == token


@given(entropies, st.binary(min_size=32, max_size=32))
def test_join_tokens_survive_being_written_and_read(entropy: bytes, fingerprint: bytes) -> None:
    token = make_join_token(fingerprint.hex(), entropy)
    assert parse_join_token(token.text) == token
    assert token.pins(fingerprint.hex())
    assert not token.pins(hashlib.sha256(fingerprint).hexdigest())


@given(entropies, st.integers(0, 200), st.sampled_from("0aZ_é"))
def test_one_changed_character_is_noticed(entropy: bytes, place: int, character: str) -> None:
    text = make_join_token(CA, entropy).text
    place %= len(text)
    wrong = text[:place] + character + text[place + 1 :]
    if wrong != text:
        with pytest.raises(InvalidRequest):
            parse_join_token(wrong)


@pytest.mark.parametrize("parse", [parse_api_key, parse_login_token, parse_join_token])
@given(text=st.one_of(st.text(), st.from_regex(r"tf(k|l|j1)(_[0-9A-Za-z]{1,50}){1,5}", fullmatch=True)))
def test_anything_else_is_an_invalid_request(parse, text: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidRequest) as caught:
        parse(text)
    assert caught.value.detail.endswith(".")
    assert caught.value.hint


def test_each_mistake_has_its_own_sentence() -> None:
    token = make_join_token(CA, ANY).text
    with pytest.raises(InvalidRequest, match="does not begin with tfj1_"):
        parse_join_token("hello")
    with pytest.raises(InvalidRequest, match="that is an API key"):
        parse_join_token(make_api_key(ANY).text)
    with pytest.raises(InvalidRequest, match="missing"):
        parse_join_token(token[:-3])
    with pytest.raises(InvalidRequest, match="mistyped: its checksum"):
        parse_join_token(token[:-1] + ("0" if token[-1] != "0" else "1"))
    with pytest.raises(InvalidRequest, match="missing"):
        parse_join_token(token + "x" * 10_000_000)


def test_a_number_too_large_is_refused_though_its_checksum_is_right() -> None:
    with pytest.raises(InvalidRequest, match="made up"):
        parse_api_key(_sealed("tfk_" + "z" * 8 + "_" + "z" * 43))


def test_what_is_secret_is_not_in_the_repr() -> None:
    key, token = make_api_key(ANY), make_join_token(CA, ANY)
    assert key.text not in repr(key)
    assert token.secret.hex() not in repr(token)
    assert repr(token.secret) not in repr(token)


def test_the_stored_forms_do_not_give_the_credential_back() -> None:
    key, token = make_api_key(ANY), make_join_token(CA, ANY)
    assert key.hash == hashlib.sha256(key.text.encode()).hexdigest()
    assert token.key != token.secret
