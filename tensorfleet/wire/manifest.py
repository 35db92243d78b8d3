"""A directory as a list of files cut into chunks, each chunk a blob named by its SHA-256.

The manifest is itself a blob, so one digest names a whole tree: the code of a job, or the files a job wrote.
Only chunks that the other side lacks ever travel.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Awaitable, Callable

import msgspec

from tensorfleet.errors import Corrupt, InvalidRequest, TooLarge

CHUNK = 2**20
"""Bytes in every chunk of a file but the last."""


MOST_PARTS = 128
"""Blobs that a manifest may be cut into: the list of a tree of some hundred thousand files, or of 2 TB."""


class File(msgspec.Struct, frozen=True):
    """path: relative, with forward slashes; mode: permission bits; target: where a symbolic link points."""

    path: str
    mode: int
    size: int
    chunks: tuple[str, ...] = ()
    target: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    files: tuple[File, ...] = ()

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(file.size for file in self.files)

    @property
    def chunks(self) -> frozenset[str]:
        return frozenset(chunk for file in self.files for chunk in file.chunks)


class Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stands in for a manifest too long for one blob: digests of the blobs its bytes were cut into."""

    parts: tuple[str, ...]


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    return len(text) == 64 and all(sign in "0123456789abcdef" for sign in text)


def check_path(path: str) -> str:
    """`path` if it stays inside its directory. Raises InvalidRequest for anything that could leave it."""
    parts = path.split("/")
    if (
        not path
        or len(path) > 4096
        or "\0" in path
        or path.startswith("/")
        or any(part in ("", ".", "..") or len(part.encode(errors="replace")) > 255 for part in parts)
    ):
        raise InvalidRequest(f"{path[:80]!r} is not a path inside a directory.")
    return path


def encode_manifest(manifest: Manifest) -> bytes:
    """Canonical bytes: the same tree always has the same digest."""
    ordered = Manifest(tuple(sorted(manifest.files, key=lambda file: file.path)))
    return msgspec.json.encode(ordered, order="sorted")


def seal_manifest(manifest: Manifest) -> tuple[bytes, tuple[bytes, ...]]:
    """The blob whose digest names the tree, and the blobs it refers to where the manifest is longer than CHUNK.

    Raises TooLarge over MOST_PARTS.
    """
    data = encode_manifest(manifest)
    if len(data) <= CHUNK:
        return data, ()
    if len(data) > MOST_PARTS * CHUNK:
        raise TooLarge(f"The list of {len(manifest.files)} files is too long.", "Put small files into archives.")
    pieces = tuple(data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    return msgspec.json.encode(Parts(tuple(map(digest_of, pieces)))), pieces


def parts_of(data: bytes) -> tuple[str, ...]:
    """Digests of the blobs that, joined, are the manifest; none where `data` is the manifest itself."""
    try:
        parts = msgspec.json.decode(data, type=Parts).parts
    except (msgspec.MsgspecError, RecursionError):
        return ()
    return parts if len(parts) <= MOST_PARTS and all(map(is_digest, parts)) else ()


def decode_manifest(data: bytes) -> Manifest:
    """The manifest in `data`, every path and digest checked. Raises Corrupt."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
        for file in manifest.files:
            check_path(file.path)
            if file.target and (
                file.target.startswith("/")
                or posixpath.normpath(posixpath.join(posixpath.dirname(file.path), file.target)).startswith("..")
            ):
                raise InvalidRequest(f"the link {file.path!r} points outside its directory")
            if not all(is_digest(chunk) for chunk in file.chunks) or file.size < 0:
                raise InvalidRequest(f"the entry {file.path!r} is damaged")
    except (msgspec.MsgspecError, InvalidRequest, RecursionError) as error:
        raise Corrupt(f"This is not a manifest: {error}") from error
    return manifest


async def fetch_manifest(digest: str, get: Callable[[str], Awaitable[bytes]]) -> Manifest:
    """The tree named `digest`, its parts put together; `get` answers a blob. Raises Corrupt, and what `get` raises."""
    data = await get(digest)
    parts = parts_of(data)
    return decode_manifest(b"".join([await get(part) for part in parts]) if parts else data)
