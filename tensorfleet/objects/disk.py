"""Blobs as files: `ab/cdef…` under one directory, written elsewhere first and renamed into place when durable."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import mkstemp
from typing import ParamSpec, TypeVar

from tensorfleet.errors import Corrupt, NotFound, StoreFailed, StoreFull
from tensorfleet.objects.port import Blob, check_blob, check_digest
from tensorfleet.wire.manifest import digest_of, is_digest

THREADS = 4
"""Files read or written at the same time; hashing and syncing both let go of the interpreter."""

_PREFIXES = [f"{number:02x}" for number in range(256)]

P = ParamSpec("P")
T = TypeVar("T")


class DiskObjects:
    """Objects; see the port. root is made if it is not there; no two processes may share it.

    Damaged blobs are kept in `root/damaged` for whoever wants to know why.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._part = root / "part"
        self._damaged = root / "damaged"
        self._threads: ThreadPoolExecutor | None = None
        # So that a blob is never found to be here and deleted at the same moment.
        self._ages = threading.Lock()

    async def open(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="objects")
        try:
            await self._run(self._prepare)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads:
            threads.shutdown(wait=True)

    async def missing(self, digests: Iterable[str]) -> set[str]:
        wanted = {check_digest(digest) for digest in digests}
        return await self._run(self._lacking, wanted)

    async def put(self, digest: str, data: bytes) -> None:
        await self._run(self._write, digest, data)

    async def get(self, digest: str) -> bytes:
        return await self._run(self._read, check_digest(digest))

    async def delete(self, digest: str, before: float | None = None) -> bool:
        return await self._run(self._remove, check_digest(digest), before)

    async def blobs(self) -> AsyncIterator[Blob]:
        for prefix in _PREFIXES:
            for blob in await self._run(self._list, prefix):
                yield blob

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._threads is None:
            raise StoreFailed("The object store is closed.")
        with self._translated():
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))

    def _prepare(self) -> None:
        for directory in (self._root, self._part, self._damaged):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in self._part.iterdir():
            leftover.unlink()
        for prefix in _PREFIXES:
            (self._root / prefix).mkdir(mode=0o700, exist_ok=True)
        _sync(self._root)

    def _place(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:]

    def _lacking(self, wanted: set[str]) -> set[str]:
        absent = set()
        for digest in wanted:
            try:
                with self._ages:
                    os.utime(self._place(digest))
            except FileNotFoundError:
                absent.add(digest)
        return absent

    def _remove(self, digest: str, before: float | None) -> bool:
        place = self._place(digest)
        with self._ages:
            try:
                if before is not None and place.stat().st_mtime >= before:
                    return False
                place.unlink()
            except FileNotFoundError:
                return False
        return True

    def _write(self, digest: str, data: bytes) -> None:
        check_blob(digest, data)
        place = self._place(digest)
        fd, part = mkstemp(dir=self._part)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(fd)
            Path(part).replace(place)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        _sync(place.parent)

    def _read(self, digest: str) -> bytes:
        place = self._place(digest)
        try:
            data = place.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no blob {digest}.") from None
        if digest_of(data) != digest:
            place.replace(self._damaged / digest)
            raise Corrupt(f"The blob {digest} is damaged; it was moved to {self._damaged}.", "Send it again.")
        return data

    def _list(self, prefix: str) -> list[Blob]:
        found = []
        with os.scandir(self._root / prefix) as entries:
            for entry in entries:
                if is_digest(prefix + entry.name):
                    try:
                        status = entry.stat()
                    except FileNotFoundError:
                        continue  # deleted meanwhile
                    found.append(Blob(prefix + entry.name, status.st_size, status.st_mtime))
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(f"The disk under {self._root} is full.", "Free some space and try again.") from error
            raise StoreFailed(f"The object store {self._root} failed: {error.strerror}.") from error


def _sync(directory: Path) -> None:
    """What makes a new name in it durable."""
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
