"""The agent's disk: code is kept up to a budget, the longest unused goes first, and nothing that is in use."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tensorfleet.agent.blobs import Blobs
from tensorfleet.agent.sweeping import Sweeper
from tensorfleet.core.disk import LOW, RESERVE, fill_of
from tensorfleet.core.node import Fill
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.manifest import CHUNK

GIB = 2**30


class Shelf:
    """The head's blobs. gate: what a fetch waits for. reached: a fetch has begun."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def call(self, method: str, request: bytes) -> bytes:
        match method:
            case "PutBlob":
                self.blobs[request[:64].decode()] = request[64:]
                return b""
            case "MissingBlobs":
                return pack([digest for digest in unpack(request, list[str]) if digest not in self.blobs])
            case _:
                self.asked.append(request.decode())
                self.reached.set()
                await self.gate.wait()
                return self.blobs[request.decode()]


async def tree(shelf: Shelf, folder: Path, name: str) -> str:
    """The manifest of a tree of two chunks that the head has."""
    source = folder / f"source-{name}"
    source.mkdir()
    (source / "data").write_bytes(name.encode() * (CHUNK + 100))
    return await Blobs(folder / "elsewhere", shelf).pack_tree(source)


def used_at(root: Path, at: int) -> None:
    """All that is kept and was used just now counts as used at `at`."""
    for path in root.glob("*/*"):
        if path.stat().st_mtime > 10_000:
            os.utime(path, (at, at))


def kept(root: Path) -> int:
    return sum(path.stat().st_size for path in root.glob("*/*"))


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    async def main() -> None:
        shelf = Shelf()
        root = tmp_path / "blobs"
        blobs = Blobs(root, shelf)
        trees = [await tree(shelf, tmp_path, name) for name in "abc"]
        for at, digest in enumerate(trees):
            await blobs.unpack_tree(digest, tmp_path / f"work-{at}")
            used_at(root, 100 + at)
        await blobs.unpack_tree(trees[0], tmp_path / "again")
        before = kept(root)
        assert await blobs.sweep(before) == 0
        assert await blobs.sweep(before - 1) > 0
        shelf.asked.clear()
        await blobs.unpack_tree(trees[0], tmp_path / "once-more")
        await blobs.unpack_tree(trees[2], tmp_path / "the-newest")
        assert shelf.asked == []
        await blobs.unpack_tree(trees[1], tmp_path / "the-oldest")
        assert shelf.asked

    asyncio.run(main())


def test_what_a_tree_is_made_of_at_this_moment_stays(tmp_path: Path) -> None:
    async def main() -> None:
        shelf = Shelf()
        root = tmp_path / "blobs"
        blobs = Blobs(root, shelf)
        digest = await tree(shelf, tmp_path, "a")
        await blobs.unpack_tree(digest, tmp_path / "first")
        chunk = next(path for path in root.glob("*/*") if path.stat().st_size == CHUNK)
        next(path for path in root.glob("*/*") if path.stat().st_size == 100).unlink()
        shelf.gate.clear()
        shelf.reached.clear()
        laying = asyncio.ensure_future(blobs.unpack_tree(digest, tmp_path / "second"))
        async with asyncio.timeout(10):
            await shelf.reached.wait()
            await blobs.sweep(0)
            assert chunk.exists()
            shelf.gate.set()
            await laying
        assert (tmp_path / "second" / "data").read_bytes() == (tmp_path / "first" / "data").read_bytes()
        await blobs.sweep(0)
        assert kept(root) == 0

    asyncio.run(main())


def test_a_disk_that_fills_up_leaves_nothing_for_later(tmp_path: Path) -> None:
    async def main() -> None:
        shelf = Shelf()
        root = tmp_path / "blobs"
        blobs = Blobs(root, shelf)
        await blobs.unpack_tree(await tree(shelf, tmp_path, "a"), tmp_path / "work")
        sweeper = Sweeper(tmp_path, blobs, GIB)
        sweeper.look(100 * GIB, 1000 * GIB)
        assert await sweeper.sweep() == 0
        assert sweeper.look(GIB, 1000 * GIB) is Fill.LOW
        assert await sweeper.sweep() > CHUNK
        assert kept(root) == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("free", "total", "before", "fill"),
    [
        (LOW, 1000 * GIB, Fill.OK, Fill.OK),
        (LOW - 1, 1000 * GIB, Fill.OK, Fill.LOW),
        (RESERVE, 1000 * GIB, Fill.LOW, Fill.LOW),
        (RESERVE - 1, 1000 * GIB, Fill.LOW, Fill.FULL),
        (2 * RESERVE - 1, 1000 * GIB, Fill.FULL, Fill.FULL),
        (2 * RESERVE, 1000 * GIB, Fill.FULL, Fill.LOW),
        (GIB // 10, GIB, Fill.OK, Fill.OK),
        (GIB // 17, GIB, Fill.OK, Fill.FULL),
    ],
)
def test_how_full_a_disk_is(free: int, total: int, before: Fill, fill: Fill) -> None:
    assert fill_of(free, total, before) is fill
