"""The texts that prove who somebody is: API keys, one-time login tokens, join tokens. Pure: entropy is an argument.

    tfk_<id>_<secret>_<crc>          API key
    tfl_<id>_<secret>_<crc>          login token, exchanged once for an API key or a browser session
    tfj1_<ca>_<id>_<secret>_<crc>    join token: lets a machine become a node

Everything is base 62, so that a double click selects the whole. `id` is 8 characters and public, `secret` is 256
bits, `crc` is the CRC-32 of all that stands before it: a mistyped credential is told from a wrong one without
asking anybody, and secret scanners find a leaked one (GitHub, "Behind GitHub's new authentication token formats",
2021). `ca` is the first 128 bits of the SHA-256 of the fleet's CA certificate: a machine can tell its head from an
impostor before it says anything (k3s pins its server in the same way).
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from dataclasses import dataclass, field
from typing import Final, Literal

from tensorfleet.errors import InvalidRequest

ENTROPY: Final = 40
"""Random bytes that go into one credential: 8 for its id, 32 for its secret."""

PIN_BYTES: Final = 16
"""How much of the CA's fingerprint a join token carries."""

LOGIN_LIFE: Final = 600.0
"""Seconds that a login token is good for."""

JOIN_LIFE: Final = 86400.0
"""Seconds that a join token is good for, unless its maker says otherwise."""

KeyKind = Literal["tfk", "tfl"]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = {character: value for value, character in enumerate(_ALPHABET)}
_ID, _SECRET, _PIN, _CRC = 8, 43, 22, 6
_LONGEST = 200
_NAMES: Final = {"tfk": "an API key", "tfl": "a login token", "tfj1": "a join token"}


@dataclass(frozen=True, slots=True)
class Key:
    """An API key or a login token. `id` names it in lists and logs; `text` is the whole and never shown by repr."""

    kind: KeyKind
    id: str
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        """SHA-256 of the text in hex: what the head stores. 256 random bits need no slow hash."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class JoinToken:
    """`pin`: the first 16 bytes of the SHA-256 of the CA certificate's DER."""

    pin: bytes
    id: str
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return _sealed(f"tfj1_{_encode(self.pin, _PIN)}_{self.id}_{_encode(self.secret, _SECRET)}")

    @property
    def key(self) -> bytes:
        """The HMAC key that both sides derive from the secret; see `join_key`."""
        return join_key(self.secret)

    def pins(self, fingerprint: str) -> bool:
        """Whether `fingerprint` (SHA-256 in hex) is that of the CA this token belongs to."""
        return hmac.compare_digest(self.pin.hex(), fingerprint[: 2 * PIN_BYTES])


def join_key(secret: bytes) -> bytes:
    """What the head stores of a join token's secret.

    It does not give the token's text back, but it suffices to sign a join request: it is to be guarded until the
    token expires.
    """
    return hashlib.sha256(b"tensorfleet join key 1\0" + secret).digest()


def make_api_key(entropy: bytes) -> Key:
    """A new API key from ENTROPY random bytes."""
    return _make_key("tfk", entropy)


def make_login_token(entropy: bytes) -> Key:
    """A new login token from ENTROPY random bytes."""
    return _make_key("tfl", entropy)


def make_join_token(fingerprint: str, entropy: bytes) -> JoinToken:
    """A new join token of the fleet whose CA has `fingerprint` (SHA-256 in hex), from ENTROPY random bytes."""
    name, secret = _portions(entropy)
    return JoinToken(bytes.fromhex(fingerprint)[:PIN_BYTES], name, secret)


def parse_api_key(text: str) -> Key:
    """The API key written as `text`. Raises InvalidRequest with what is wrong about the writing."""
    return _parse_key("tfk", text)


def parse_login_token(text: str) -> Key:
    """The login token written as `text`. Raises InvalidRequest with what is wrong about the writing."""
    return _parse_key("tfl", text)


def parse_join_token(text: str) -> JoinToken:
    """The join token written as `text`. Raises InvalidRequest with what is wrong about the writing."""
    pin, name, secret = _open("tfj1", text, (_PIN, _ID, _SECRET))
    return JoinToken(_decode(pin, PIN_BYTES), name, _decode(secret, 32))


def same(one: str, other: str) -> bool:
    """Whether two secrets or hashes are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _make_key(kind: KeyKind, entropy: bytes) -> Key:
    name, secret = _portions(entropy)
    return Key(kind, name, _sealed(f"{kind}_{name}_{_encode(secret, _SECRET)}"))


def _parse_key(kind: KeyKind, text: str) -> Key:
    name, secret = _open(kind, text, (_ID, _SECRET))
    _decode(secret, 32)
    return Key(kind, name, text.strip())


def _portions(entropy: bytes) -> tuple[str, bytes]:
    if len(entropy) != ENTROPY:
        raise ValueError(f"a credential takes {ENTROPY} random bytes, not {len(entropy)}")
    return _encode((int.from_bytes(entropy[:8]) % 62**_ID).to_bytes(8), _ID), entropy[8:]


def _open(prefix: str, text: str, widths: tuple[int, ...]) -> list[str]:
    """The parts between prefix and checksum."""
    text = text.strip()
    wanted = _NAMES[prefix]
    kind, *parts = text[:_LONGEST].split("_")
    if kind != prefix:
        other = _NAMES.get(kind)
        found = f"that is {other}" if other else f"it does not begin with {prefix}_"
        raise InvalidRequest(f"This is not {wanted}: {found}.", f"Give {wanted}; it begins with {prefix}_.")
    if (
        len(text) > _LONGEST
        or tuple(map(len, parts)) != (*widths, _CRC)
        or not all(_DIGITS.keys() >= set(part) for part in parts)
    ):
        raise InvalidRequest(
            f"This is not a whole {wanted.partition(' ')[2]}: part of it is missing, or something was added.",
            "Copy it again, from its first character to its last.",
        )
    if not same(_sealed(text[: -_CRC - 1]), text):
        raise InvalidRequest(
            f"This {wanted.partition(' ')[2]} was mistyped: its checksum does not match.",
            "Copy it again rather than typing it.",
        )
    return parts[:-1]


def _sealed(text: str) -> str:
    return f"{text}_{_encode(zlib.crc32(text.encode()).to_bytes(4), _CRC)}"


def _encode(data: bytes, width: int) -> str:
    value, digits = int.from_bytes(data), []
    for _ in range(width):
        value, digit = divmod(value, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _decode(text: str, size: int) -> bytes:
    value = 0
    for character in text:
        value = value * 62 + _DIGITS[character]
    if value >> 8 * size:
        raise InvalidRequest("This credential was made up: no head writes such a number.", "Ask for a new one.")
    return value.to_bytes(size)
