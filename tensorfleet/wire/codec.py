"""msgpack bytes to typed messages and back, with a cap on everything that comes in.

Every length is bounded before anything is allocated, keys are text only, extension types are refused; then the
plain value is checked against the message's type. Unknown fields are ignored, so a newer peer may say more.
"""

from __future__ import annotations

from typing import Any, TypeVar, get_args, overload

import msgpack
import msgspec

from tensorfleet.errors import InvalidRequest, TooLarge, UnknownMessage

MAX_BYTES = 4 * 2**20
"""The largest message either side accepts; the same as gRPC's own default."""

T = TypeVar("T")


def _refuse_extension(code: int, data: bytes) -> Any:
    raise ValueError(f"extension type {code} is not part of the protocol")


def pack(message: object) -> bytes:
    """`message` (a Struct or plain data) as msgpack. Raises TooLarge over MAX_BYTES."""
    data: bytes = msgpack.packb(msgspec.to_builtins(message, builtin_types=(bytes,)), use_bin_type=True)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"A message of {len(data)} bytes is over the {MAX_BYTES} that fit.")
    return data


@overload
def unpack(data: bytes, into: type[T]) -> T: ...
@overload
def unpack(data: bytes, into: object) -> Any: ...
def unpack(data: bytes, into: Any) -> Any:
    """The message in `data`, checked against `into` (a Struct or a union of them).

    Raises TooLarge over MAX_BYTES, UnknownMessage for one of a kind that `into` does not have, and InvalidRequest for
    anything else that is not such a message.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"A message of {len(data)} bytes is over the {MAX_BYTES} that fit.")
    plain: Any = None
    try:
        plain = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            ext_hook=_refuse_extension,
            max_str_len=MAX_BYTES,
            max_bin_len=MAX_BYTES,
            max_array_len=1_000_000,
            max_map_len=100_000,
            max_ext_len=0,
        )
        return msgspec.convert(plain, into)
    except (
        ValueError,
        TypeError,
        RecursionError,
        msgpack.exceptions.UnpackException,
        OverflowError,
    ) as error:
        if _is_unknown(plain, into):
            text = f"This version has no message {plain['type'][:80]!r}."
            raise UnknownMessage(text, "Install versions of head and agent that go together.") from error
        raise InvalidRequest(f"Not a message of this protocol: {str(error)[:200]}") from error


def _is_unknown(plain: Any, into: Any) -> bool:
    """Whether `plain` names a kind of message that the union `into` does not have."""
    kinds = {kind.__struct_config__.tag for kind in get_args(into)}
    named = plain.get("type") if isinstance(plain, dict) else None
    return isinstance(named, str) and bool(kinds) and named not in kinds
