"""One row as bytes: `CRC-32 | schema version | revision or event number | JSON`.

SQLite's pages carry no checksum; this is how damage is found when a row is read and not when it is used. The CRC is
zlib's and not the Castagnoli one: it is in the standard library, and over a kilobyte both miss one error in 2^32.
"""

from __future__ import annotations

import struct
import zlib

import msgspec

from tensorfleet.errors import Corrupt
from tensorfleet.store.port import Doc

_CRC = struct.Struct("<I")
_HEAD = struct.Struct("<HQ")
_START = _CRC.size + _HEAD.size


def pack(schema: int, number: int, json: bytes) -> bytes:
    checked = _HEAD.pack(schema, number) + json
    return _CRC.pack(zlib.crc32(checked)) + checked


def unpack(blob: bytes, number: int, name: str) -> tuple[int, Doc]:
    """The schema version it was written under, and the document. `name` is for people.

    Raises Corrupt unless the blob is whole and is the one with this number.
    """
    hint = "Restore a backup of the database."
    if len(blob) < _START or _CRC.unpack_from(blob)[0] != zlib.crc32(memoryview(blob)[_CRC.size :]):
        raise Corrupt(f"The stored {name} fails its checksum.", hint)
    schema, written = _HEAD.unpack_from(blob, _CRC.size)
    if written != number:
        raise Corrupt(f"The stored {name} says it is number {written}, its row says {number}.", hint)
    try:
        doc: Doc = msgspec.json.decode(memoryview(blob)[_START:], type=dict)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"The stored {name} is not JSON: {error}.", hint) from error
    return schema, doc
