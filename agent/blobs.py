"""Trees by their manifest: the code of a job comes in, the files it wrote go out, and only what is missing travels.

Blobs are kept on disk by their SHA-256, so the next attempt of the same code needs nothing from the head.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from tensorfleet.errors import Corrupt
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.manifest import CHUNK, File, Manifest, digest_of, fetch_manifest, seal_manifest

AT_ONCE = 8
"""Blobs in flight."""

PART = ".part"
ABANDONED = 3600.0
"""Seconds after which nobody writes a blob any more that is not whole."""


class Caller(Protocol):
    """The part of `link.Link` that is needed here."""

    async def call(self, method: str, request: bytes) -> bytes: ...


class Blobs:
    """root: where blobs are kept. File work runs on worker threads, so that heartbeats go on."""

    def __init__(self, root: Path, caller: Caller) -> None:
        self._root = root
        self._caller = caller
        self._needed: Counter[str] = Counter()
        root.mkdir(parents=True, exist_ok=True)

    async def unpack_tree(self, digest: str, target: Path) -> None:
        """Lays out the tree whose manifest is `digest` in `target`, fetching what is not here.

        Raises NotFound and Corrupt for a manifest that is not there or damaged, `link.Broken` without a head.
        """
        manifest = await fetch_manifest(digest, self._fetch)
        self._needed.update(manifest.chunks)
        try:
            absent = [chunk for chunk in manifest.chunks if not self._path(chunk).exists()]
            await _limited(partial(self._fetch, chunk) for chunk in sorted(absent))
            await asyncio.to_thread(self._lay_out, manifest, target)
        finally:
            self._needed -= Counter(manifest.chunks)

    async def sweep(self, budget: int) -> int:
        """Deletes what was used longest ago until `budget` bytes are left, and nothing that a tree is made of at this
        moment. Answers how many bytes went."""
        kept = sorted(await asyncio.to_thread(self._kept))
        over = sum(size for _, size, _ in kept) - budget
        freed = 0
        for number, (used, size, path) in enumerate(kept):
            if freed >= over:
                break
            if number % 256 == 0:
                await asyncio.sleep(0)
            # Between this look and its end nobody else runs, so nobody begins to need it.
            if not self._needed[path.parent.name + path.name] and _still(path, used):
                path.unlink(missing_ok=True)
                freed += size
        return freed

    def _kept(self) -> list[tuple[int, int, Path]]:
        """When each blob was used last (ns), its size, and where it is."""
        found = []
        for path in self._root.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                if path.suffix != PART or time.time() - stat.st_mtime > ABANDONED:
                    found.append((stat.st_mtime_ns, stat.st_size, path))
        return found

    async def pack_tree(self, source: Path) -> str:
        """Sends the files under `source` to the head; answers their manifest's digest, or "" for none."""
        manifest, places = await asyncio.to_thread(scan, source)
        return await self.send_tree(manifest, places) if manifest.files else ""

    async def send_tree(
        self, manifest: Manifest, places: Mapping[str, tuple[Path, int]], at_once: int = AT_ONCE
    ) -> str:
        """Sends the files in `manifest`, the chunks of which are read at `places`; answers the manifest's digest.

        Without `places` only the list of files goes. When it returns, the head has just said that it has everything.
        Raises Corrupt for a chunk that is not what the manifest says, OSError, and what `link.call` raises.
        """
        root, parts = await asyncio.to_thread(seal_manifest, manifest)
        listing = {digest_of(blob): blob for blob in (*parts, root)}
        chunks = manifest.chunks & places.keys()
        while wanted := await self._missing([*chunks, *listing]):
            sending = (partial(self._send, chunk, *places[chunk]) for chunk in sorted(chunks & wanted))
            await _limited(sending, at_once)
            for digest, blob in listing.items():  # the root last: a head that has it has everything
                if digest in wanted:
                    await self._caller.call("PutBlob", digest.encode() + blob)
        return digest_of(root)

    async def fetch_tree(self, digest: str, target: Path) -> None:
        """Lays out the tree `digest` in `target`, each chunk written as it comes and none kept beside; for trees that
        are large and needed once. Raises NotFound, Corrupt, `link.Broken`, OSError."""
        manifest = await fetch_manifest(digest, self._fetch)
        for file in manifest.files:
            descriptor = await asyncio.to_thread(_make, target / file.path, file)
            try:
                await _limited(partial(self._fetch_into, descriptor, n, chunk) for n, chunk in enumerate(file.chunks))
            finally:
                os.close(descriptor)

    async def _fetch_into(self, descriptor: int, number: int, chunk: str) -> None:
        data = await self._caller.call("GetBlob", chunk.encode())
        if await asyncio.to_thread(digest_of, data) != chunk:
            raise Corrupt(f"The blob {chunk[:12]} arrived damaged.")
        await asyncio.to_thread(os.pwrite, descriptor, data, number * CHUNK)

    async def _missing(self, digests: list[str]) -> set[str]:
        missing: set[str] = set()
        for start in range(0, len(digests), 10_000):
            answer = await self._caller.call("MissingBlobs", pack(digests[start : start + 10_000]))
            missing.update(unpack(answer, list[str]))
        return missing

    async def _send(self, digest: str, path: Path, offset: int) -> None:
        data = await asyncio.to_thread(_read_chunk, path, offset)
        if digest_of(data) == digest:
            await self._caller.call("PutBlob", digest.encode() + data)
        else:
            raise Corrupt(f"{path.name} changed while it was being sent.")

    async def _fetch(self, digest: str) -> bytes:
        path = self._path(digest)
        with contextlib.suppress(FileNotFoundError):
            data = await asyncio.to_thread(_use, path)
            if digest_of(data) == digest:
                return data
            path.unlink(missing_ok=True)
        data = await self._caller.call("GetBlob", digest.encode())
        if digest_of(data) != digest:
            raise Corrupt(f"The blob {digest[:12]} arrived damaged.")
        await asyncio.to_thread(_write_whole, path, data)
        return data

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:]

    def _lay_out(self, manifest: Manifest, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        for file in manifest.files:
            path = target / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.target:
                path.symlink_to(file.target)
                continue
            with open(path, "xb") as out:
                for chunk in file.chunks:
                    data = _use(self._path(chunk))
                    if digest_of(data) != chunk:
                        self._path(chunk).unlink(missing_ok=True)
                        raise Corrupt(f"The cached blob {chunk[:12]} of {file.path} was damaged; it was removed.")
                    out.write(data)
            path.chmod((file.mode & 0o777) | 0o600)


def _use(path: Path) -> bytes:
    """What is in `path`, which was used now."""
    data = path.read_bytes()
    os.utime(path)
    return data


def _still(path: Path, used: int) -> bool:
    """Whether nobody used `path` since."""
    try:
        return path.stat().st_mtime_ns == used
    except FileNotFoundError:
        return False


def _make(path: Path, file: File) -> int:
    """A descriptor of a new file with the space it needs, so that a full disk is known before anything travels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, (file.mode & 0o777) | 0o600)
    try:
        if file.size:
            os.posix_fallocate(descriptor, 0, file.size)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.{id(data)}{PART}")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def scan(source: Path) -> tuple[Manifest, dict[str, tuple[Path, int]]]:
    """Regular files under `source`, and where each chunk can be read. Links and special files stay behind."""
    files: list[File] = []
    places: dict[str, tuple[Path, int]] = {}
    for folder, _, names in os.walk(source):
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                continue
            chunks: list[str] = []
            size = 0
            with open(path, "rb") as data:
                while piece := data.read(CHUNK):
                    chunks.append(hashlib.sha256(piece).hexdigest())
                    places[chunks[-1]] = (path, size)
                    size += len(piece)
            mode = path.stat().st_mode & 0o777
            files.append(File(path.relative_to(source).as_posix(), mode, size, tuple(chunks)))
    return Manifest(tuple(files)), places


def _read_chunk(path: Path, offset: int) -> bytes:
    with open(path, "rb") as data:
        data.seek(offset)
        return data.read(CHUNK)


async def _limited(calls: Iterable[Callable[[], Awaitable[object]]], at_once: int = AT_ONCE) -> None:
    """Makes `calls`, a few at a time; the first failure ends all."""
    line = iter(calls)

    async def some() -> None:
        for call in line:
            await call()

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(some())
    except* Exception as group:
        # The callers know single errors; the group's first is why the others were cancelled.
        raise group.exceptions[0] from None


def remove_tree(path: Path) -> None:
    """Removes `path` with all in it, whatever a job did to its permissions."""

    def unlock(_: object, name: str, __: object) -> None:
        Path(name).parent.chmod(0o700)
        Path(name).unlink(missing_ok=True)

    shutil.rmtree(path, onerror=unlock) if path.exists() else None
