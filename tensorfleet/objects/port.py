"""The promise of a place for blobs: what it acknowledged stays, and what it hands out is what was put in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Protocol

from tensorfleet.errors import InvalidRequest, TooLarge
from tensorfleet.wire.manifest import digest_of, is_digest

MAX_BLOB = 4 * 2**20
"""Bytes in one blob, at most; larger things are cut into chunks."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One that is stored. size: bytes. at: unix seconds when it was last put, or asked for by `missing`."""

    digest: str
    size: int
    at: float


class Objects(Protocol):
    """Blobs by the lower-case hexadecimal SHA-256 of their content; every digest is checked to be one.

    All raise InvalidRequest for what is no digest, StoreFailed when the place fails, StoreFull when it takes no more.
    """

    async def open(self) -> None: ...

    async def close(self) -> None:
        """Finishes what was begun. May be called twice."""

    async def missing(self, digests: Iterable[str]) -> set[str]:
        """Those that are not stored. The others count as put anew, so that what was found to be here stays a while."""

    async def put(self, digest: str, data: bytes) -> None:
        """Returns when `data` is durable; one that is stored already is written anew.

        Raises InvalidRequest if `digest` is not that of `data`, TooLarge over MAX_BLOB.
        """

    async def get(self, digest: str) -> bytes:
        """Raises NotFound, and Corrupt for one that is not what it was; that one is missing from then on."""

    async def delete(self, digest: str, before: float | None = None) -> bool:
        """Whether it was deleted. One that is not stored is fine, and so is one whose `at` is not before `before`."""

    def blobs(self) -> AsyncIterator[Blob]:
        """All that are stored, in no order; those put or deleted meanwhile may be among them."""


def check_digest(digest: str) -> str:
    """`digest` if it is one. Raises InvalidRequest."""
    if not is_digest(digest):
        raise InvalidRequest(f"{digest[:80]!r} is not a SHA-256 digest in lower-case hexadecimal.")
    return digest


def check_blob(digest: str, data: bytes) -> None:
    """Raises InvalidRequest unless `data` has this digest, TooLarge over MAX_BLOB."""
    check_digest(digest)
    if len(data) > MAX_BLOB:
        raise TooLarge(f"A blob of {len(data)} bytes is over the {MAX_BLOB} that fit.", "Cut it into chunks.")
    if digest_of(data) != digest:
        raise InvalidRequest(f"The content sent as {digest} has another digest.", "Send it again.")
