"""A stored row tells when it is not what was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tensorfleet.errors import Corrupt
from tensorfleet.store.blob import pack, unpack


def test_a_row_comes_back_with_its_schema():
    assert unpack(pack(3, 2**40, b'{"a":1}'), 2**40, "row") == (3, {"a": 1})


@given(some.integers(0, 20 * 8), some.integers(0, 2**63 - 1))
def test_any_flipped_bit_is_found(bit, number):
    blob = bytearray(pack(1, number, b'{"a":1}'))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Corrupt):
        unpack(bytes(blob), number, "row")


@given(some.binary(max_size=40))
def test_noise_is_no_row(noise):
    with pytest.raises(Corrupt):
        unpack(noise, 1, "row")


@pytest.mark.parametrize(("json", "number"), [(b"[1]", 1), (b"{", 1), (b"{}", 2)])
def test_a_whole_row_of_something_else_is_refused(json, number):
    with pytest.raises(Corrupt, match="The stored thing"):
        unpack(pack(1, 1, json), number, "thing")
