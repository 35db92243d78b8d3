"""A backup is whole or it is refused, wherever it was cut off or changed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.errors import Corrupt, InvalidRequest
from tensorfleet.wire.backup import Packer, skip, unpack


def packed() -> bytes:
    packer = Packer("fleet", "1.0", 1000.0)
    parts = [packer.whole("ca.key", b"secret"), packer.begin("state.db", 1500), packer.add(b"x" * 1500)]
    return b"".join([*parts, packer.finish(), packer.whole("objects/ab", b""), packer.end()])


WHOLE = packed()


def test_what_went_in_comes_out() -> None:
    found: dict[str, bytes] = {}
    manifest = unpack(io.BytesIO(WHOLE), lambda path, content: found.update({path: b"".join(content)}))
    assert found == {"ca.key": b"secret", "state.db": b"x" * 1500, "objects/ab": b""}
    assert (manifest.fleet, manifest.version, manifest.made) == ("fleet", "1.0", 1000.0)


@given(st.integers(0, len(WHOLE) - 1025 - 512))
def test_one_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(Corrupt, match="no whole backup"):
        unpack(io.BytesIO(WHOLE[:length]), skip)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_that_was_changed_is_refused_or_the_same(place: int, by: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] ^= by
    found: dict[str, bytes] = {}
    try:
        unpack(io.BytesIO(bytes(changed)), lambda path, content: found.update({path: b"".join(content)}))
    except (Corrupt, InvalidRequest):
        return
    assert found == {"ca.key": b"secret", "state.db": b"x" * 1500, "objects/ab": b""}


def test_no_path_leads_out_of_the_directory() -> None:
    packer = Packer("fleet", "1.0", 0.0)
    evil = packer.whole("../evil", b"x") + packer.end()
    with pytest.raises(InvalidRequest, match="not a path"):
        unpack(io.BytesIO(evil), skip)
