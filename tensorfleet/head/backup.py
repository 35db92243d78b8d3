"""Backups of a head: one file with all that a new head on another machine needs to be the same head.

That is its documents and events as of one moment, its curves, its certificate authority and its own key; the files
of jobs (code, checkpoints, outputs) only when asked for, since they may be large. Lines that jobs wrote stay behind.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import ssl
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tensorfleet import __version__
from tensorfleet.config.paths import make_data_dir
from tensorfleet.errors import Corrupt, InfraError, InvalidRequest, NotFound, StoreFull
from tensorfleet.objects.disk import DiskObjects
from tensorfleet.objects.port import Objects
from tensorfleet.store.port import Store
from tensorfleet.store.tinydb import FILE, TinyDBStore
from tensorfleet.wire.backup import Manifest, Packer, skip, unpack
from tensorfleet.wire.join import fingerprint_of

SECRETS: Final = ("ca.key", "ca.pem", "server.key", "server.pem", "admin.key")
CURVES: Final = "metrics.db"
OBJECTS: Final = "objects/"
IGNORED: Final = frozenset({"lost+found"})
"""What makes no directory a used one."""

_PIECE: Final = 2**20


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored head has."""

    manifest: Manifest
    jobs: int
    keys: int
    nodes: int
    events: int
    objects: int


async def backup(fleet: str, data_dir: Path, store: Store, objects: Objects | None) -> AsyncGenerator[bytes, None]:
    """The bytes of a backup. objects: those to include.

    The snapshot is made, and a full disk told, before the first piece. Raises StoreFull, StoreFailed, NotFound.
    """
    packer = Packer(fleet, __version__, time.time())
    with TemporaryDirectory(prefix=".backup-", dir=data_dir) as folder:
        await store.backup(Path(folder) / FILE)
        await asyncio.to_thread(_copy_curves, data_dir / CURVES, Path(folder) / CURVES)
        for name in SECRETS:
            if (data_dir / name).exists():
                yield packer.whole(name, (data_dir / name).read_bytes())
        for name in (FILE, CURVES):
            with (Path(folder) / name).open("rb") as file:
                yield packer.begin(name, os.fstat(file.fileno()).st_size)
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield packer.add(piece)
                yield packer.finish()
    if objects is not None:
        async for blob in objects.blobs():
            try:
                yield packer.whole(OBJECTS + blob.digest, await objects.get(blob.digest))
            except NotFound:
                continue  # swept since it was listed, so nothing in the snapshot needs it
    yield packer.end()


async def backup_offline(data_dir: Path, target: Path, with_objects: bool) -> Manifest:
    """A backup of a head that does not run, as a new file. Raises AlreadyRunning where it does, and as `backup`."""
    if not (data_dir / FILE).exists() or not (data_dir / "ca.pem").exists():
        raise NotFound(f"There is no head's data in {data_dir}.", "Name its directory with --data-dir.")
    fleet = fingerprint_of(ssl.PEM_cert_to_DER_cert((data_dir / "ca.pem").read_text()))[:16]
    store, objects = TinyDBStore(data_dir), DiskObjects(data_dir / "objects")
    await store.open()
    try:
        await objects.open()
        with NewFile(target) as file:
            async for piece in backup(fleet, data_dir, store, objects if with_objects else None):
                file.write(piece)
            return file.keep()
    finally:
        await objects.close()
        await store.close()


class NewFile:
    """A file for its owner only that appears at `target` once it is kept, checked; otherwise nothing is left."""

    def __init__(self, target: Path) -> None:
        if target.exists():
            raise InvalidRequest(f"{target} exists already.", "Choose another name; backups are never overwritten.")
        self._target = target
        self._part = target.with_name(f".{target.name}.{os.getpid()}.part")

    def __enter__(self) -> NewFile:
        self._file = open(os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def keep(self) -> Manifest:
        """Raises Corrupt for what is no whole backup."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        manifest = unpack(self._file, skip)
        os.link(self._part, self._target)
        return manifest


def restore(source: Path, data_dir: Path) -> Restored:
    """Makes `data_dir` the head's that `source` is a backup of. The whole of `source` is checked before anything is
    written. Raises InvalidRequest for a directory in use, Corrupt, StoreFull, InfraError."""
    if data_dir.exists() and {entry.name for entry in data_dir.iterdir()} - IGNORED:
        raise InvalidRequest(f"{data_dir} is not empty.", "Restore into a new directory; nothing is ever overwritten.")
    with source.open("rb") as archive:
        manifest = unpack(archive, skip)
        if FILE not in manifest.files or "ca.key" not in manifest.files:
            raise Corrupt("This backup holds no head.", "Take another one.")
        make_data_dir(data_dir)
        data_dir.chmod(0o700)
        archive.seek(0)
        try:
            unpack(archive, lambda path, content: _place(data_dir, path, content))
            return asyncio.run(_count(data_dir, manifest))
        except OSError as error:
            raise InfraError(
                f"{data_dir} cannot be written: {error.strerror}.", "Empty it and restore once more, or elsewhere."
            ) from error


def _place(data_dir: Path, path: str, content: Iterator[bytes]) -> None:
    if path.startswith(OBJECTS):
        digest = path.removeprefix(OBJECTS)
        target = data_dir / "objects" / digest[:2] / digest[2:]
    else:
        target = data_dir / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())


async def _count(data_dir: Path, manifest: Manifest) -> Restored:
    """Opens the restored store once, which checks every document."""
    store = TinyDBStore(data_dir)
    await store.open()
    try:
        objects = sum(path.startswith(OBJECTS) for path in manifest.files)
        jobs, keys, nodes = (store.count(name) for name in ("jobs", "keys", "nodes"))
        return Restored(manifest, jobs, keys, nodes, store.last_event(), objects)
    finally:
        await store.close()


def _copy_curves(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as base, closing(sqlite3.connect(target)) as copy:
            base.backup(copy)
    except sqlite3.Error as error:
        raise StoreFull(f"The curves cannot be copied: {error}.", "Free some space and try again.") from error
