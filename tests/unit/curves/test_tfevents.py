"""TensorBoard event files, as SummaryWriter of torch 2.13 wrote them, whole and torn."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorfleet.agent.output.tfevents import EventFile, Malformed, Scalar, decode, masked_crc

GOLDEN = Path(__file__).parents[2] / "golden" / "tfevents"
MAIN = GOLDEN / "events.out.tfevents.1795415688.node.12968.0"


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def _event(step: int, value: bytes, tag: bytes = b"x") -> bytes:
    summary = _field(5, _field(1, _field(1, tag) + value))
    return b"\x09" + struct.pack("<d", 5.0) + b"\x10" + _varint(step % 2**64) + summary


def _simple(value: float) -> bytes:
    return b"\x15" + struct.pack("<f", value)


def test_the_checksum_is_the_published_one() -> None:
    crc = masked_crc(b"123456789")
    rotated = crc - 0xA282EAD8 & 0xFFFFFFFF
    assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == 0xE3069283


def test_scalars_of_both_styles_come_with_step_and_time() -> None:
    scalars = EventFile(MAIN).read()
    loss = [(scalar.step, scalar.value, scalar.time) for scalar in scalars if scalar.tag == "loss"]
    assert loss[:2] == [(0, 1.0, 1700000000.0), (1, 0.5, 1700000001.0)]
    assert [step for step, _, _ in loss] == [0, 1, 2, 3, 4, 9]
    acc = [scalar.value for scalar in scalars if scalar.tag == "acc"]
    assert acc == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9])
    assert [scalar.value for scalar in scalars if scalar.tag == "precise"] == [0.1 * step for step in range(5)]
    nan = next(scalar for scalar in scalars if scalar.tag == "nan")
    assert nan.step == 2**40
    assert math.isnan(nan.value)
    assert {scalar.tag for scalar in scalars} == {"loss", "acc", "precise", "nan"}, "no text, image or histogram"


@pytest.mark.parametrize(("curve", "value"), [("train", 1.0), ("val", 2.0)])
def test_add_scalars_makes_a_directory_a_curve(curve: str, value: float) -> None:
    (file,) = (GOLDEN / f"both_{curve}").iterdir()
    assert EventFile(file).read() == [Scalar("both", 7, 1700000020.0, value)]


def test_a_file_that_grows_byte_by_byte_gives_the_same_scalars(tmp_path: Path) -> None:
    whole = EventFile(MAIN).read()
    data = MAIN.read_bytes()[:2000]
    path = tmp_path / "events"
    growing = EventFile(path)
    offset = 0
    scalars: list[Scalar] = []
    with path.open("wb") as out:
        for at in range(0, len(data), 7):
            out.write(data[at : at + 7])
            out.flush()
            scalars += growing.read()
            assert growing.offset >= offset
            offset = growing.offset
            growing = EventFile(path, offset)
    assert repr(scalars) == repr(whole[: len(scalars)])
    assert len(scalars) > 10


def test_a_damaged_length_ends_the_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "events"
    first = _record(_event(1, _simple(2.0)))
    path.write_bytes(first + b"garbage that is no record at all")
    file = EventFile(path)
    assert file.read() == [Scalar("x", 1, 5.0, 2.0)]
    assert f"damaged at byte {len(first)}" in file.damaged
    assert file.read() == []


def test_a_damaged_record_is_left_out_and_the_next_is_read(tmp_path: Path) -> None:
    bad = bytearray(_record(_event(1, _simple(2.0))))
    bad[-6] ^= 0xFF
    path = tmp_path / "events"
    path.write_bytes(bytes(bad) + _record(b"\xff\xff") + _record(_event(2, _simple(3.0))))
    assert EventFile(path).read() == [Scalar("x", 2, 5.0, 3.0)]


def test_a_large_record_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(_record(b"\x00" * 400_000) + _record(_event(2, _simple(3.0))))
    file = EventFile(path)
    assert [scalar for _ in range(20) for scalar in file.read()] == [Scalar("x", 2, 5.0, 3.0)]


DTYPES = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 19: "e", 22: "I", 23: "Q"}


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tensor_of_one_number_is_a_scalar_of_any_type(dtype: int) -> None:
    content = struct.pack("<" + DTYPES[dtype], 1)
    tensor = _field(8, b"\x08" + _varint(dtype) + _field(4, content))
    assert decode(_event(1, tensor)) == [Scalar("x", 1, 5.0, 1.0)]
    assert decode(_event(1, _field(8, b"\x08" + _varint(dtype) + _field(4, content * 2)))) == []


@pytest.mark.parametrize(
    ("tensor", "value"),
    [
        (b"\x08\x09" + _field(10, _varint(2**64 - 3)), -3.0),
        (b"\x08\x03" + b"\x38" + _varint(41), 41.0),
        (b"\x08\x13" + _field(13, _varint(0x3C00)), 1.0),
        (b"\x08\x0e" + _field(13, _varint(0x4000)), 2.0),
        (b"\x08\x0e" + _field(4, b"\x40\x40"), 3.0),
        (b"\x08\x01" + b"\x2d" + struct.pack("<f", 0.25), 0.25),
    ],
)
def test_numbers_in_their_own_fields_packed_or_not(tensor: bytes, value: float) -> None:
    assert decode(_event(-1, _field(8, tensor))) == [Scalar("x", -1, 5.0, value)]


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_malformed(data: bytes) -> None:
    try:
        decode(data)
    except (Malformed, struct.error, UnicodeDecodeError):
        pass


def test_a_missing_file_or_a_pipe_has_no_scalars(tmp_path: Path) -> None:
    assert EventFile(tmp_path / "none").read() == []
    os.mkfifo(tmp_path / "pipe")
    assert EventFile(tmp_path / "pipe").read() == []
