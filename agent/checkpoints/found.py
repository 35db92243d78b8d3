"""What in an attempt's checkpoint directory is a whole checkpoint.

The SDK's has a manifest, written last, which lists the digests of all its files. A plain program renames a directory
into place whose name ends with the step, like `step-500` or `checkpoint-500`; until then its name begins with a dot or
ends with `.partial` or `.tmp`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tensorfleet.agent.blobs import scan
from tensorfleet.wire.manifest import File, Manifest, check_path, digest_of, is_digest

MOST: Final = 10_000
"""Entries of a directory that are looked at."""

_NAME = re.compile(r"(\d{1,18})|[^.].*?(\d{1,18})(?:\.\d{1,9})?")
_UNFINISHED = (".partial", ".tmp", ".gone")
_MANIFESTS = "manifest-*.json"


class SavedManifest(msgspec.Struct, frozen=True):
    """As `tensorfleet.train.saved` writes it."""

    step: int
    attempt: int
    at: float
    serial: int
    parts: int
    node: int
    metrics: dict[str, float]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """name: of its directory. saved: what its manifest says, for one of the SDK's. at: unix seconds."""

    path: Path
    step: int
    at: float
    saved: SavedManifest | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def serial(self) -> int:
        """Grows with every save of an attempt: the SDK counts its own; others are told apart by their time."""
        return self.saved.serial if self.saved else int(self.at * 1e6)

    @property
    def parts(self) -> int:
        return self.saved.parts if self.saved else 1


def look(folder: Path, node_rank: int, alone: bool, known: frozenset[str]) -> list[Found]:
    """Whole checkpoints in `folder` that this node is to report and whose names are not `known`, oldest first.

    alone: the folder is this node's own. On storage that all share, and of plain programs, the node of rank 0 reports.
    """
    found: list[Found] = []
    for path in _folders(folder):
        if path.name in known:
            continue
        saved = _manifest(path, node_rank if alone else 0)
        if saved is None and (node_rank != 0 or any(path.glob(_MANIFESTS))):
            continue
        if saved is not None and not alone and node_rank != 0:
            continue
        step = saved.step if saved else _step(path.name)
        found.append(Found(path, step, saved.at if saved else path.stat().st_mtime, saved))
    return sorted(found, key=lambda each: each.serial)


def listing(found: Found) -> tuple[Manifest, dict[str, tuple[Path, int]]]:
    """The files of `found`, and where each chunk can be read. A plain program's are read and hashed.

    Raises OSError, and ValueError for a manifest that leads out of its directory.
    """
    if found.saved is None:
        return scan(found.path)
    files = [*found.saved.files]
    for manifest in found.path.glob(_MANIFESTS):
        data = manifest.read_bytes()
        chunks = tuple(digest_of(data[start : start + 2**20]) for start in range(0, len(data), 2**20))
        files.append(File(manifest.name, 0o644, len(data), chunks))
    places = {}
    for file in files:
        path = found.path / check_path(file.path)
        if not all(map(is_digest, file.chunks)):
            raise ValueError(f"{path} has no proper digests")
        places.update({chunk: (path, number * 2**20) for number, chunk in enumerate(file.chunks)})
    return Manifest(tuple(files)), places


def _folders(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())[:MOST]
    except OSError:
        return
    for path in entries:
        if path.name.endswith(_UNFINISHED) or not _NAME.fullmatch(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            yield path


def _step(name: str) -> int:
    found = _NAME.fullmatch(name)
    return int(found[1] or found[2]) if found else 0


def _manifest(path: Path, node: int) -> SavedManifest | None:
    try:
        return msgspec.json.decode((path / f"manifest-{node}.json").read_bytes(), type=SavedManifest)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
