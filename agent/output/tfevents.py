"""TensorBoard event files: the scalars in them, as far as they are written.

A file is a row of TFRecords (length, its checksum, data, its checksum: tensorflow/core/lib/io/record_writer.h), each an
`Event` (tensorflow/core/util/event.proto). Only scalars are decoded, by the few rules of protobuf's wire format that
they need, because TensorBoard itself would cost an agent tens of megabytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tensorfleet.agent.output.slices import read_slice, size_of

HEADER: Final = struct.Struct("<QI")
FOOTER: Final = struct.Struct("<I")
LARGEST: Final = 64 * 1024
"""Records over this hold images, graphs or histograms, never a scalar; they are stepped over unread."""

AT_ONCE: Final = 256 * 1024

_PACKED: Final = {5: "f", 6: "d"}  # TensorProto: float_val, double_val
_VARINTS: Final = (7, 10, 11, 16, 17)  # int_val, int64_val, bool_val, uint32_val, uint64_val
_HALF_VALUES: Final = 13
_CONTENT: Final = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 19: "e", 22: "I", 23: "Q"}
_BFLOAT16, _HALF = 14, 19

Value = int | bytes


class Scalar(NamedTuple):
    """time: Unix seconds, when the writer wrote it."""

    tag: str
    step: int
    time: float
    value: float


class Malformed(ValueError):
    """Bytes that are no protobuf message."""


class EventFile:
    """offset: 0, or the `offset` an earlier reader of the same file stopped at.

    damaged: a sentence once the file cannot be followed any further; empty while it can.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self.offset = offset
        self.damaged = ""

    def read(self, limit: int = AT_ONCE) -> list[Scalar]:
        """The scalars of the next whole records, out of about `limit` bytes. A torn tail waits for its rest."""
        if self.damaged or size_of(self._path) <= self.offset:
            return []
        data = read_slice(self._path, self.offset, max(limit, LARGEST + HEADER.size + FOOTER.size))
        scalars: list[Scalar] = []
        at = 0
        while at + HEADER.size <= len(data):
            length, check = HEADER.unpack_from(data, at)
            if masked_crc(data[at : at + 8]) != check:
                self.damaged = f"{self._path.name} is damaged at byte {self.offset + at}."
                break
            start, stop = at + HEADER.size, at + HEADER.size + length
            if length <= LARGEST:
                if stop + FOOTER.size > len(data):
                    break
                scalars += _checked(data[start:stop], FOOTER.unpack_from(data, stop)[0])
            at = stop + FOOTER.size
        self.offset += at
        return scalars


def _checked(record: bytes, check: int) -> list[Scalar]:
    """A record that fails its checksum, or that is no event, has no scalars. Only those that have some are summed."""
    try:
        scalars = decode(record)
    except (Malformed, struct.error, UnicodeDecodeError):
        return []
    return scalars if scalars and masked_crc(record) == check else []


def decode(event: bytes) -> list[Scalar]:
    """The scalars of one serialised Event. Raises Malformed where it is none."""
    time, step = 0.0, 0
    values: list[bytes] = []
    for field, value in fields(event):
        if field == 1 and isinstance(value, bytes):
            time = struct.unpack("<d", value)[0]
        elif field == 2 and isinstance(value, int):
            step = _signed(value)
        elif field == 5 and isinstance(value, bytes):
            values += [inner for number, inner in fields(value) if number == 1 and isinstance(inner, bytes)]
    scalars = []
    for message in values:
        tag, number = _summary_value(message)
        if tag and number is not None:
            scalars.append(Scalar(tag, step, time, number))
    return scalars


def _summary_value(message: bytes) -> tuple[str, float | None]:
    tag, number = "", None
    for field, value in fields(message):
        if not isinstance(value, bytes):
            continue
        if field == 1:
            tag = value.decode()
        elif field == 2:
            number = float(struct.unpack("<f", value)[0])
        elif field == 8:
            number = _tensor(value)
    return tag, number


def _tensor(message: bytes) -> float | None:
    """The one number of a TensorProto, or None where it holds more, or none."""
    kind = 0
    found: list[float] = []
    for field, value in fields(message):
        if field == 1 and isinstance(value, int):
            kind = value
        elif field == 4 and isinstance(value, bytes):
            found += _content(value, kind)
        elif field in _PACKED and isinstance(value, bytes):
            found += (number for (number,) in struct.iter_unpack("<" + _PACKED[field], value))
        elif field in _VARINTS:
            found += (float(_signed(number)) for number in _varints(value))
        elif field == _HALF_VALUES:
            found += (_half(number, kind) for number in _varints(value))
    return found[0] if len(found) == 1 else None


def _content(data: bytes, kind: int) -> list[float]:
    if kind == _BFLOAT16:
        return [_half(bits, kind) for (bits,) in struct.iter_unpack("<H", data)]
    if kind not in _CONTENT:
        return []
    return [float(number) for (number,) in struct.iter_unpack("<" + _CONTENT[kind], data)]


def _half(bits: int, kind: int) -> float:
    """A 16-bit float: the upper half of a 32-bit one (bfloat16), or IEEE 754 half precision."""
    if kind == _BFLOAT16:
        return float(struct.unpack("<f", struct.pack("<I", (bits & 0xFFFF) << 16))[0])
    return float(struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))[0])


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """(field number, value) of a protobuf message; a varint as int, everything else as its bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield key >> 3, number
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise Malformed(f"wire type {kind}")
        if at + size > len(message):
            raise Malformed("a field longer than its message")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
    raise Malformed("an unfinished varint")


def _varints(value: Value) -> Iterator[int]:
    """A repeated field: one number, or all of them packed."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield number


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


def _table() -> tuple[int, ...]:
    entries = []
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (0x82F63B78 if entry & 1 else 0)
        entries.append(entry)
    return tuple(entries)


_CRC: Final = _table()


def masked_crc(data: bytes) -> int:
    """CRC-32C (RFC 3720, appendix B.4), rotated and shifted as TFRecord does."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
