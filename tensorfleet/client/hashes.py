"""Digests of files, remembered by size, time of change and inode, so that a tree is read only where it changed.

One cache file for each work directory, replaced whole. A file changed in the two seconds before it was read is not
remembered: it could change again within the same time stamp (Git's "racy" problem, gitformat-index(5)).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tensorfleet.client.tree import Entry
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.manifest import CHUNK

KEPT = 64
"""Work directories remembered."""

RACY = 2 * 10**9

Known = tuple[int, int, int, tuple[str, ...]]


class Hashes:
    """The digests of one work directory's files."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._file = cache / "trees" / hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        self._known: dict[str, Known] = {}
        self._used: dict[str, Known] = {}
        self._fresh = 0
        try:
            self._known = msgspec.msgpack.decode(self._file.read_bytes(), type=dict[str, Known])
        except (OSError, msgspec.MsgspecError):
            pass  # no cache, or a damaged one: everything is read again

    def knows(self, entry: Entry) -> bool:
        """Whether the file need not be read."""
        known = self._known.get(entry.path)
        return known is not None and known[:3] == (entry.size, entry.mtime_ns, entry.inode)

    def chunks(self, entry: Entry, read: Callable[[int], None] = lambda size: None) -> tuple[str, ...]:
        """Digests of the chunks of `entry`. read: told the bytes of each as it is read.

        Raises InvalidRequest for a file that cannot be read or changes.
        """
        if self.knows(entry):
            known = self._used[entry.path] = self._known[entry.path]
            return known[3]
        self._fresh += 1
        digests, size = [], 0
        try:
            with open(self._root / entry.path, "rb", buffering=0) as file:
                while piece := _read_full(file.fileno()):
                    digests.append(hashlib.sha256(piece).hexdigest())
                    size += len(piece)
                    read(len(piece))
        except OSError as error:
            raise InvalidRequest(
                f"{self._root / entry.path} cannot be read: {error.strerror}.",
                "Leave it out with a line in .gitignore.",
            ) from error
        if size != entry.size:
            raise InvalidRequest(
                f"{entry.path} is being written while it is uploaded.", "Leave it out with .gitignore, or wait."
            )
        chunks = tuple(digests)
        if time.time_ns() - entry.mtime_ns > RACY:
            self._used[entry.path] = (entry.size, entry.mtime_ns, entry.inode, chunks)
        return chunks

    def save(self) -> None:
        """Remembers what was asked for; a cache that cannot be written is no failure."""
        if not self._fresh and len(self._used) == len(self._known):
            return
        fresh = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(msgspec.msgpack.encode(self._used))
            fresh.replace(self._file)
            files = sorted(self._file.parent.iterdir(), key=lambda file: file.stat().st_mtime)
            for file in files[:-KEPT]:
                file.unlink(missing_ok=True)
        except OSError:
            fresh.unlink(missing_ok=True)


def _read_full(file: int) -> bytes:
    """The next CHUNK bytes, less only at the end of the file."""
    piece = os.read(file, CHUNK)
    while 0 < len(piece) < CHUNK and (more := os.read(file, CHUNK - len(piece))):
        piece += more
    return piece
