"""The format of a backup: a plain tar archive that ends with a manifest, and with the digest of that manifest.

Only a file that is whole has both, so one that was cut off, or changed anywhere, is told from a good one. The
archive can be made and read in one pass, and a person gets at what is in it with `tar -xf`.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import msgspec

from tensorfleet.errors import Corrupt
from tensorfleet.wire.manifest import check_path

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
LARGEST_MANIFEST: Final = 2**30
"""Bytes of a manifest, at most: some eight million files."""

_BLOCK: Final = 512
_PIECE: Final = 2**20

Sink = Callable[[str, Iterator[bytes]], None]
"""Takes one file: its path, and its content in pieces, all of which it has to take."""


class Entry(msgspec.Struct, frozen=True):
    """sha256: of the content, in hex."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """made: unix seconds. version: of the TensorFleet that made it. files: by path."""

    format: int
    fleet: str
    version: str
    made: float
    files: dict[str, Entry]


class Packer:
    """Gives the bytes of an archive, piece by piece. Each file is begun with its size and then gets exactly so much."""

    def __init__(self, fleet: str, version: str, made: float) -> None:
        self._about = (fleet, version, made)
        self._files: dict[str, Entry] = {}
        self._name, self._size, self._hash = "", 0, hashlib.sha256()

    def begin(self, path: str, size: int) -> bytes:
        self._name, self._size, self._hash = path, size, hashlib.sha256()
        info = tarfile.TarInfo(path)
        info.size, info.mode, info.mtime = size, 0o600, int(self._about[2])
        return info.tobuf(tarfile.PAX_FORMAT)

    def add(self, piece: bytes) -> bytes:
        self._hash.update(piece)
        return piece

    def finish(self) -> bytes:
        self._files[self._name] = Entry(self._size, self._hash.hexdigest())
        return bytes(-self._size % _BLOCK)

    def whole(self, path: str, content: bytes) -> bytes:
        return self.begin(path, len(content)) + self.add(content) + self.finish()

    def end(self) -> bytes:
        fleet, version, made = self._about
        manifest = msgspec.json.encode(Manifest(FORMAT, fleet, version, made, dict(self._files)))
        seal = hashlib.sha256(manifest).hexdigest().encode()
        return self.whole(MANIFEST, manifest) + self.whole(SEAL, seal) + bytes(2 * _BLOCK)


def unpack(archive: BinaryIO, sink: Sink) -> Manifest:
    """Hands every file of `archive` to `sink`, then checks all of them. Raises Corrupt, and what `sink` raises.

    What the sink got is only to be trusted once this has returned: read a backup twice, first with `skip`.
    """
    found: dict[str, Entry] = {}
    last: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=archive, mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or member.name in found or (MANIFEST in last and member.name != SEAL):
                    raise _damaged(f"it holds {member.name[:80]!r}, which does not belong there")
                if member.name in (MANIFEST, SEAL):
                    last[member.name] = content.read(min(member.size, LARGEST_MANIFEST))
                    continue
                digest = hashlib.sha256()
                sink(check_path(member.name), _hashed(iter(lambda c=content: c.read(_PIECE), b""), digest.update))  # type: ignore[misc]  # bound now, not when called
                found[member.name] = Entry(member.size, digest.hexdigest())
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(str(error)) from error
    if last.keys() != {MANIFEST, SEAL}:
        raise _damaged("its end is missing")
    if hashlib.sha256(last[MANIFEST]).hexdigest().encode() != last[SEAL]:
        raise _damaged("its manifest was changed")
    try:
        manifest = msgspec.json.decode(last[MANIFEST], type=Manifest)
    except msgspec.MsgspecError as error:
        raise _damaged("its manifest cannot be read") from error
    if manifest.format != FORMAT:
        raise Corrupt(
            f"This backup has format {manifest.format}; this version reads {FORMAT}.", "Use the newer version."
        )
    if manifest.files != found:
        wrong = sorted(
            path for path in manifest.files.keys() | found.keys() if manifest.files.get(path) != found.get(path)
        )
        raise _damaged(f"{wrong[0]} is not what was written" + (f", and {len(wrong) - 1} more" if wrong[1:] else ""))
    return manifest


def skip(path: str, content: Iterator[bytes]) -> None:
    """A sink that keeps nothing."""
    for _ in content:
        pass


def _hashed(pieces: Iterator[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def _damaged(why: str) -> Corrupt:
    return Corrupt(f"This is no whole backup: {why}.", "Take another one.")
