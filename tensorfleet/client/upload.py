"""A work directory to the head: hash what changed, ask what is missing, send only that.

Memory stays bounded by the list of files; content passes through in chunks. There is no cap on size.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tensorfleet.client.hashes import Hashes
from tensorfleet.client.tree import Entry, walk
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.manifest import CHUNK, File, Manifest, digest_of, seal_manifest

if TYPE_CHECKING:
    from tensorfleet.client.api import Client

SENDERS = 16
"""Chunks under way at once: a head makes each durable before it answers, so that most of the time is waiting."""

ASKED_AT_ONCE = 5_000
"""Digests in one question; their JSON stays well under the head's 1 MB for a body."""


@dataclass(frozen=True, slots=True)
class Progress:
    """phase: what is being done, in a word. done and total: bytes of it. rate: bytes a second so far."""

    phase: str
    done: int
    total: int
    rate: float


Told = Callable[[Progress], None]


class _Meter:
    """Adds up what is done in one phase."""

    def __init__(self, phase: str, total: int, told: Told) -> None:
        self._phase, self._done, self._total, self._told = phase, 0, total, told
        self._start = time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        rate = self._done / max(time.monotonic() - self._start, 1e-6)
        self._told(Progress(self._phase, self._done, self._total, rate))


@dataclass(frozen=True, slots=True)
class Packed:
    """A tree, ready to be sent. manifest: the blob that names it; parts: blobs it refers to.

    places: where each chunk of content can be read: path from the root, offset, size. paths: every file.
    """

    root: Path
    manifest: bytes
    parts: tuple[bytes, ...]
    places: dict[str, tuple[str, int, int]]
    paths: frozenset[str]

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)


def pack(
    root: Path,
    cache: Path,
    *,
    named: bool = True,
    warn: Callable[[str], None] = lambda text: None,
    progress: Told = lambda progress: None,
) -> Packed:
    """The tree under `root`; see `walk` for what belongs to it and for the errors."""
    entries = list(walk(root, named=named, warn=warn))
    hashes = Hashes(root, cache)
    meter = _Meter("Reading", sum(e.size for e in entries if not e.target and not hashes.knows(e)), progress)
    files: list[File] = []
    places: dict[str, tuple[str, int, int]] = {}
    try:
        for entry in entries:
            chunks = () if entry.target else hashes.chunks(entry, meter.add)
            files.append(File(entry.path, entry.mode, entry.size, chunks, entry.target))
            _place(entry, chunks, places)
    finally:
        hashes.save()
    manifest, parts = seal_manifest(Manifest(tuple(files)))
    return Packed(root, manifest, parts, places, frozenset(file.path for file in files))


def _place(entry: Entry, chunks: tuple[str, ...], places: dict[str, tuple[str, int, int]]) -> None:
    for number, chunk in enumerate(chunks):
        offset = number * CHUNK
        places.setdefault(chunk, (entry.path, offset, min(CHUNK, entry.size - offset)))


def send(client: Client, packed: Packed, progress: Told = lambda progress: None) -> str:
    """Brings everything of `packed` that the head lacks there; answers the tree's digest.

    The manifest goes last, so a head that has it has the whole tree. Raises InvalidRequest when a file changed since
    it was packed.
    """
    parts = {digest_of(part): part for part in packed.parts}
    digests = iter([packed.digest, *parts, *packed.places])
    missing = set(client.blobs_missing(islice(digests, ASKED_AT_ONCE)))
    if packed.digest not in missing:
        return packed.digest
    while batch := list(islice(digests, ASKED_AT_ONCE)):
        missing.update(client.blobs_missing(batch))
    wanted = [digest for digest in packed.places if digest in missing]
    meter = _Meter("Uploading", sum(packed.places[digest][2] for digest in wanted), progress)
    for sent in _send_all(client, packed, wanted):
        meter.add(sent)
    for digest, part in parts.items():
        if digest in missing:
            client.put_blob(digest, part)
    client.put_blob(packed.digest, packed.manifest)
    return packed.digest


def _send_all(client: Client, packed: Packed, wanted: list[str]) -> Iterator[int]:
    """Sends every chunk in `wanted`; yields the size of each that arrived."""
    if len(wanted) <= 2:  # threads would cost more than they save
        for digest in wanted:
            yield _send_one(client, packed, digest)
        return
    with ThreadPoolExecutor(SENDERS, "upload") as senders:
        queue: Iterable[str] = iter(wanted)
        running: set[Future[int]] = set()
        try:
            while True:
                for digest in islice(queue, 2 * SENDERS - len(running)):
                    running.add(senders.submit(_send_one, client, packed, digest))
                if not running:
                    return
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


def _send_one(client: Client, packed: Packed, digest: str) -> int:
    path, offset, size = packed.places[digest]
    try:
        with open(packed.root / path, "rb") as file:
            data = os.pread(file.fileno(), size, offset)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read any more: {error.strerror}.", "Try again.") from error
    if digest_of(data) != digest:
        raise InvalidRequest(f"{path} changed while it was being uploaded.", "Try again when nothing writes to it.")
    client.put_blob(digest, data)
    return size
