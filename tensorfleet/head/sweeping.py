"""Blobs that nothing needs any more are deleted: mark what jobs refer to, sweep the rest (McCarthy, 1960).

Whoever brings a tree asks first, and last of all, which of its blobs are missing; that makes those that are here young
again. A blob goes only when nothing refers to it and it is old, so a sweep beside an upload takes nothing from it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator

from tensorfleet.core.job import Job
from tensorfleet.errors import Corrupt, NotFound, TensorFleetError
from tensorfleet.head.records import JOBS, from_doc
from tensorfleet.objects.port import Objects
from tensorfleet.obs.logging import fields
from tensorfleet.store.port import Store
from tensorfleet.wire.manifest import decode_manifest, is_digest, parts_of

log = logging.getLogger(__name__)

EVERY = 600.0
"""Seconds between two sweeps."""

YOUNG = 3600.0
"""Seconds for which a blob is kept without anybody referring to it."""

PAGE = 100
"""Jobs read at once; between two pages others have their turn."""


class Sweeper:
    """clock: unix seconds."""

    def __init__(self, store: Store, objects: Objects, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._objects = objects
        self._clock = clock

    async def run(self) -> None:
        """Sweeps now and then, for ever. A disk that fails is tried again."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.sweep()
            except TensorFleetError as error:
                log.warning("blobs not swept", extra=fields(error=error.detail))

    async def sweep(self) -> tuple[int, int]:
        """How many blobs were deleted, and their bytes. Raises StoreFailed."""
        before = self._clock() - YOUNG
        needed = await self._marked()
        count = size = 0
        async for blob in self._objects.blobs():
            if blob.at >= before or bytes.fromhex(blob.digest) in needed:
                continue
            if await self._objects.delete(blob.digest, before):
                count, size = count + 1, size + blob.size
        if count:
            log.info("blobs swept", extra=fields(blobs=count, bytes=size))
        return count, size

    async def _marked(self) -> set[bytes]:
        """Every digest that a job leads to."""
        trees: set[str] = set()
        after: str | None = None
        while page := self._store.page(JOBS, after=after, limit=PAGE):
            for doc in page:
                trees.update(referred(from_doc(doc, Job)))
            after = page[-1]["order"]
            await asyncio.sleep(0)
        marked: set[bytes] = set()
        for tree in trees:
            marked.update(map(bytes.fromhex, await self._blobs_of(tree)))
        return marked

    async def _blobs_of(self, tree: str) -> list[str]:
        """The manifest `tree` and all that it lists. One that cannot be read keeps nothing but itself."""
        try:
            data = await self._objects.get(tree)
            parts = parts_of(data)
            whole = b"".join([await self._objects.get(part) for part in parts]) if parts else data
            manifest = await asyncio.to_thread(decode_manifest, whole)
        except (NotFound, Corrupt):
            return [tree]
        return [tree, *parts, *manifest.chunks]


def referred(job: Job) -> Iterator[str]:
    """Digests of the manifests that `job` refers to: its code, what it wrote, what it can go on from."""
    if is_digest(job.spec.code):
        yield job.spec.code
    for attempt in job.attempts:
        yield from (share.outputs for share in attempt.shares if share.outputs)
    for checkpoint in (*job.checkpoints, *((job.spec.resume,) if job.spec.resume else ())):
        yield from (part.digest for part in checkpoint.parts)
