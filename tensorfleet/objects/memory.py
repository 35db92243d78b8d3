"""Blobs without a disk: for tests and the simulator. What it holds survives close() and open() of one instance."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

from tensorfleet.errors import Corrupt, NotFound
from tensorfleet.objects.port import Blob, check_blob, check_digest
from tensorfleet.wire.manifest import digest_of


class MemoryObjects:
    """Objects; see the port. now: unix seconds, for the age of blobs."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._blobs: dict[str, tuple[bytes, float]] = {}

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def missing(self, digests: Iterable[str]) -> set[str]:
        absent = set()
        for digest in digests:
            if check_digest(digest) in self._blobs:
                self._blobs[digest] = (self._blobs[digest][0], self._now())
            else:
                absent.add(digest)
        return absent

    async def put(self, digest: str, data: bytes) -> None:
        check_blob(digest, data)
        self._blobs[digest] = (bytes(data), self._now())

    async def get(self, digest: str) -> bytes:
        try:
            data, _ = self._blobs[check_digest(digest)]
        except KeyError:
            raise NotFound(f"There is no blob {digest}.") from None
        if digest_of(data) != digest:
            del self._blobs[digest]
            raise Corrupt(f"The blob {digest} is damaged.", "Send it again.")
        return data

    async def delete(self, digest: str, before: float | None = None) -> bool:
        _, at = self._blobs.get(check_digest(digest), (b"", 0.0))
        if before is not None and at >= before:
            return False
        return self._blobs.pop(digest, None) is not None

    async def blobs(self) -> AsyncIterator[Blob]:
        for digest, (data, at) in list(self._blobs.items()):
            yield Blob(digest, len(data), at)
