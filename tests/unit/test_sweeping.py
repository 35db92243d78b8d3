"""A sweep deletes what no job leads to, once it is old, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tensorfleet.core.checkpoint import Checkpoint, Part
from tensorfleet.core.job import Attempt, Job, JobSpec, Share
from tensorfleet.head.records import JOBS, to_doc
from tensorfleet.head.sweeping import YOUNG, Sweeper
from tensorfleet.objects.memory import MemoryObjects
from tensorfleet.store.memory import MemoryStore
from tensorfleet.store.port import Put
from tensorfleet.wire.manifest import File, Manifest, digest_of, seal_manifest


class Place:
    """Objects and store, at a time of their own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.objects = MemoryObjects(lambda: self.now)
        self.store = MemoryStore()
        self.sweeper = Sweeper(self.store, self.objects, lambda: self.now)

    async def tree(self, name: str, chunks: int = 2) -> str:
        """A tree of one file; its manifest's digest."""
        data = [f"{name} {number}".encode() for number in range(chunks)]
        for chunk in data:
            await self.objects.put(digest_of(chunk), chunk)
        root, _ = seal_manifest(Manifest((File(name, 0o644, 1, tuple(map(digest_of, data))),)))
        await self.objects.put(digest_of(root), root)
        return digest_of(root)

    async def job(self, code: str, outputs: str, saved: Sequence[str], resume: str) -> None:
        checkpoints = tuple(Checkpoint(1, n, n, 0.0, 1, (Part(0, tree, 1),)) for n, tree in enumerate(saved))
        spec = JobSpec("train", ("true",), code=code, resume=Checkpoint(1, 9, 9, 0.0, 1, (Part(0, resume, 1),)))
        attempts = (Attempt(1, (Share("n", "n", 0, 0, 1, outputs=outputs),), 0.0),)
        job = Job("j1", spec, "ann", "vision", 0.0, attempts=attempts, checkpoints=checkpoints, order="1-j1")
        await self.store.commit([Put(JOBS, "j1", to_doc(job))])

    async def left(self) -> set[str]:
        return {blob.digest async for blob in self.objects.blobs()}


def test_what_a_job_leads_to_stays_and_the_rest_goes_when_it_is_old() -> None:
    async def story() -> None:
        place = Place()
        await place.store.open()
        code, outputs, kept, resume = [await place.tree(name) for name in ("code", "outputs", "kept", "resume")]
        needed = await place.left()
        await place.tree("dropped")
        await place.job(code, outputs, [kept], resume)
        assert await place.sweeper.sweep() == (0, 0)
        place.now += YOUNG + 1
        count, size = await place.sweeper.sweep()
        assert (count, size > 0) == (3, True)
        assert await place.left() == needed

    asyncio.run(story())


def test_an_upload_that_found_a_part_here_keeps_it() -> None:
    async def story() -> None:
        place = Place()
        await place.store.open()
        await place.tree("dropped")
        everything = await place.left()
        place.now += YOUNG + 1
        assert await place.objects.missing(everything) == set()
        assert await place.sweeper.sweep() == (0, 0)
        assert await place.left() == everything

    asyncio.run(story())


def test_a_manifest_that_is_gone_hinders_nothing() -> None:
    async def story() -> None:
        place = Place()
        await place.store.open()
        await place.job("a" * 64, "", ["b" * 64], "c" * 64)
        await place.tree("dropped")
        place.now += YOUNG + 1
        count, _ = await place.sweeper.sweep()
        assert count == 3

    asyncio.run(story())
