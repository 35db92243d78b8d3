"""No secret reaches a log: not by its form, not by its value, not in an argument, a field or a traceback."""

from __future__ import annotations

import base64
import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.obs.logging import fields
from tensorfleet.obs.redact import RedactingFilter, Redactor
from tensorfleet.wire import credential

VALUE = "hunter2 & Größe/+="


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key tfk_7Hq2_Zm9vYmFyYmF6cXV4_a1b2c3 used", "key tfk_7Hq2_*** used"),
        ("at /login?token=tfl_9xYz_0123456789abcdef_ffff now", "at /login?token=tfl_9xYz_*** now"),
        ("--join tfj1_Q2FGaW5n_id9_c2VjcmV0c2VjcmV0_0f0f", "--join tfj1_Q2FGaW5n_***"),
        ("Authorization: Bearer abc.def-ghi_jkl", "Authorization: Bearer ***"),
        ("tf_step=3, tfevents, bearer of news", "tf_step=3, tfevents, bearer of news"),
    ],
)
def test_credentials_are_known_by_their_form(text: str, masked: str) -> None:
    assert Redactor().mask(text) == masked


def test_a_real_credential_keeps_nothing_but_its_id() -> None:
    key = credential.make_api_key(bytes(range(credential.ENTROPY)))
    masked = Redactor().mask(f"GET /?key={key.text}&x=1")
    assert masked == f"GET /?key=tfk_{key.id}_***&x=1"


def test_a_named_value_is_masked_in_all_its_forms() -> None:
    redactor = Redactor()
    assert redactor.add(VALUE)
    for form in (VALUE, quote(VALUE, safe=""), quote(VALUE, safe="").replace("%20", "+"), repr(VALUE)[1:-1]):
        assert redactor.mask(f"<{form}>") == "<***>"
    assert "hunter2" not in repr(redactor)


@given(st.text(min_size=8, max_size=40), st.binary(max_size=9), st.binary(max_size=9))
def test_base64_around_a_named_value_gives_none_of_it_away(value: str, before: bytes, after: bytes) -> None:
    redactor = Redactor()
    secret = value.encode()
    redactor.add(value)
    coded = base64.b64encode(before + secret + after).decode()
    kept = redactor.mask(coded).replace("***", "")
    assert "***" in redactor.mask(coded)
    assert len(kept) * 6 <= (len(before) + len(after)) * 8 + 36, "at most the edges stay"


def test_what_is_too_short_is_not_masked() -> None:
    redactor = Redactor()
    assert not redactor.add("abc")
    assert redactor.mask("abc") == "abc"


def test_the_longest_of_two_values_wins() -> None:
    redactor = Redactor()
    redactor.add("password")
    redactor.add("password-and-more")
    assert redactor.mask("password-and-more") == "***"


def test_a_record_is_masked_everywhere() -> None:
    redactor = Redactor()
    redactor.add("s3cret-value")
    try:
        raise ValueError("bad s3cret-value")
    except ValueError as error:
        trace = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.INFO, "f.py", 1, "got %s and %d", ("s3cret-value", 5), trace)
    record.__dict__.update(fields(env={"TOKEN": "s3cret-value"}, argv=["--key", "s3cret-value"], count=3))
    record.stack_info = "Stack: s3cret-value"
    assert RedactingFilter(redactor).filter(record)
    assert record.getMessage() == "got *** and 5"
    assert record.exc_text is not None
    assert "bad ***" in record.exc_text
    assert "s3cret" not in record.exc_text + record.stack_info + repr(record.__dict__["fields"])
    assert record.__dict__["fields"]["count"] == 3


def test_an_object_that_prints_a_secret_is_masked_and_any_other_is_left() -> None:
    class Holder:
        def __str__(self) -> str:
            return "Holder(s3cret-value)"

    redactor = Redactor()
    redactor.add("s3cret-value")
    error = OSError("plain")
    assert redactor.mask_any(Holder()) == "Holder(***)"
    assert redactor.mask_any(error) is error
