"""The eight words that two people compare when a machine joins without a token.

Both sides derive them from the fleet's CA and the machine's key, each from what it has seen itself. Somebody in
between shows the machine another CA and the head another key, so the two screens differ.

The words carry 88 bits. One who prepares an attack may choose both his CA and his key and look for a pair that
shows the same words on both screens, which takes about 2 to the 44 tries on either side, not 2 to the 88. So each
try is made to cost 16 MB and some 50 ms (scrypt, RFC 7914): more than ten thousand core-years. The words do not
depend on chance, so that they can be confirmed by a second start of the agent, or in advance by a script.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from typing import Final

from mnemonic import Mnemonic

COUNT: Final = 8
"""Words; each carries 11 bits."""

Words = tuple[str, ...]


def pairing_words(fingerprint: str, public_key: bytes) -> Words:
    """The words for a node's public key (DER, SubjectPublicKeyInfo) and a CA's fingerprint (SHA-256 in hex).

    Takes some 50 ms of one core and 16 MB.
    """
    seen = bytes.fromhex(fingerprint) + hashlib.sha256(public_key).digest()
    digest = hashlib.scrypt(seen, salt=b"tensorfleet pairing 1", n=2**14, r=8, p=1, maxmem=2**26, dklen=COUNT * 11 // 8)
    number, chosen = int.from_bytes(digest), []
    for _ in range(COUNT):
        number, place = divmod(number, 2048)
        chosen.append(_word_list()[place])
    return tuple(chosen)


def same_words(words: Words, typed: str) -> bool:
    """Whether a person typed these words; case, spaces, commas and dashes do not matter."""
    plain = " ".join(typed.lower().replace(",", " ").replace("-", " ").split())
    return hmac.compare_digest(" ".join(words).encode(), plain.encode("utf-8", "replace"))


@functools.cache
def _word_list() -> list[str]:
    """BIP 39's English list: 2,048 words, told apart by their first four letters."""
    words: list[str] = Mnemonic("english").wordlist
    return words
