"""The words two people compare: equal when both sides saw the same, different in everything else."""

from __future__ import annotations

import hashlib

import pytest

from tensorfleet.wire.pairing import COUNT, pairing_words, same_words

CA = hashlib.sha256(b"CA").hexdigest()
WORDS = pairing_words(CA, b"key")


def test_words_are_eight_and_do_not_depend_on_chance() -> None:
    assert len(WORDS) == COUNT == 8
    assert pairing_words(CA, b"key") == WORDS


def test_words_never_change_between_releases() -> None:
    """Head and agent of different releases have to agree."""
    assert " ".join(WORDS) == "join evidence uncover curious echo canvas knee live"


@pytest.mark.parametrize(("fingerprint", "key"), [(hashlib.sha256(b"rogue").hexdigest(), b"key"), (CA, b"another key")])
def test_another_ca_or_another_key_gives_other_words(fingerprint: str, key: bytes) -> None:
    assert set(pairing_words(fingerprint, key)) != set(WORDS)


def test_a_person_may_type_them_their_own_way() -> None:
    assert same_words(WORDS, "  " + ", ".join(WORDS).upper() + "\n")
    assert same_words(WORDS, "-".join(WORDS))


@pytest.mark.parametrize("typed", ["", " ".join(WORDS[:7]), " ".join(reversed(WORDS)), "\ud800", "é" * 1000])
def test_anything_else_is_not_the_same(typed: str) -> None:
    assert not same_words(WORDS, typed)
