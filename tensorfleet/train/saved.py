"""A checkpoint on disk: a directory of files, and a manifest that says what each of them has to hold.

    <checkpoint dir>/step-12.partial/     being written
    <checkpoint dir>/step-12/             whole; put in place by one rename, after all of it was synced
        __0_0.distcp  .metadata  manifest-0.json

A manifest lists size and SHA-256 of every MiB of every file and is written last, so a directory without one is none.
Nodes without common storage have a part each, told apart by the number in the manifest's name; a checkpoint is whole
where all its parts lie together. Nothing is ever written over: a step that is saved twice becomes `step-12.2`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

CHUNK = 1 << 20
"""Bytes that have a digest of their own; blobs of the fleet are cut alike, so nothing is hashed twice."""

MANIFEST = "manifest-{}.json"

_MANIFEST = re.compile(r"manifest-(\d+)\.json")
_STEP = re.compile(r"step-(\d+)(?:\.(\d+))?")

Entry = Dict[str, Any]
"""path (relative, with slashes), mode, size and chunks: digests, in order."""


class CheckpointError(RuntimeError):
    """A checkpoint that was to be loaded cannot be."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint that was saved whole.

    step: as given to `save`. attempt: of the job, that saved it; 0 without a fleet. at: Unix seconds. metrics: as
    given to `save`. serial: counts the saves of an attempt. parts: how many manifests belong to it.
    """

    path: Path
    step: int
    attempt: int
    at: float
    metrics: Dict[str, float]
    serial: int
    parts: int
    files: Tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes in its files."""
        return sum(int(entry["size"]) for entry in self.files)


def entry_of(path: Path, folder: Path) -> Entry:
    """Size and digests of `path` as it is read back. Raises OSError."""
    chunks, size = [], 0
    with open(path, "rb", buffering=0) as file:
        while True:
            data = file.read(CHUNK)
            while data and len(data) < CHUNK:
                more = file.read(CHUNK - len(data))
                if not more:
                    break
                data += more
            if not data:
                break
            chunks.append(hashlib.sha256(data).hexdigest())
            size += len(data)
    return {"path": path.relative_to(folder).as_posix(), "mode": 0o644, "size": size, "chunks": chunks}


def seal(folder: Path, node: int, about: Dict[str, Any], entries: List[Entry]) -> None:
    """Writes the manifest of a part, durably. Raises OSError."""
    files = sorted(entries, key=lambda entry: str(entry["path"]))
    with open(folder / MANIFEST.format(node), "x", encoding="ascii") as file:
        json.dump({"version": 1, "node": node, **about, "files": files}, file, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    sync(folder)


def publish(partial: Path, step: int) -> Path:
    """Puts a sealed directory in its place. Raises OSError."""
    target = partial.with_name(f"step-{step}")
    count = 1
    while True:
        try:
            # An empty directory could be renamed over; ours never is empty, so a taken name is refused.
            partial.rename(target)
            break
        except OSError:
            if not target.is_dir():
                raise
            count += 1
            target = partial.with_name(f"step-{step}.{count}")
    sync(partial.parent)
    return target


def read(folder: Path) -> Optional[Saved]:
    """The checkpoint in `folder`, or None where there is none, or not all parts of one."""
    manifests = []
    try:
        for path in sorted(folder.iterdir()):
            if _MANIFEST.fullmatch(path.name):
                manifests.append(json.loads(path.read_bytes()))
        if not manifests or len(manifests) < int(manifests[0]["parts"]):
            return None
        first = manifests[0]
        return Saved(
            folder,
            int(first["step"]),
            int(first["attempt"]),
            float(first["at"]),
            {str(name): float(value) for name, value in first["metrics"].items()},
            int(first["serial"]),
            int(first["parts"]),
            tuple(_checked(entry) for manifest in manifests for entry in manifest["files"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def damage(saved: Saved, share: int = 0, shares: int = 1) -> str:
    """What is wrong with every `shares`-th file of `saved`, from number `share` on; empty when nothing is."""
    for entry in saved.files[share::shares]:
        path = saved.path / entry["path"]
        try:
            found = entry_of(path, saved.path)
        except OSError as error:
            return f"{path} cannot be read: {error.strerror}"
        if found["size"] != entry["size"]:
            return f"{path} has {found['size']} bytes instead of {entry['size']}"
        if found["chunks"] != entry["chunks"]:
            return f"{path} is damaged: its SHA-256 is not the one that was saved"
    return ""


def find(folder: Path) -> List[Saved]:
    """The whole checkpoints in `folder`, newest first."""
    try:
        paths = [path for path in folder.iterdir() if _STEP.fullmatch(path.name)]
    except OSError:
        return []
    found = [saved for saved in map(read, paths) if saved is not None]
    return sorted(found, key=lambda saved: (saved.attempt, saved.at, saved.serial), reverse=True)


def remove(folder: Path) -> None:
    """Takes a checkpoint away, at once for whoever looks for one. Never raises."""
    gone = folder.with_name(f"{folder.name}.gone")
    try:
        folder.rename(gone)
    except OSError:
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Removes what interrupted saves and removals left. Never raises."""
    for pattern in ("step-*.partial", "step-*.gone"):
        for left in folder.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def sync(folder: Path) -> None:
    """Makes names in `folder` durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(entry: Any) -> Entry:
    path, chunks = entry["path"], entry["chunks"]
    if type(path) is not str or path.startswith("/") or ".." in path.split("/"):
        raise ValueError(path)
    return {"path": path, "mode": int(entry["mode"]), "size": int(entry["size"]), "chunks": [str(c) for c in chunks]}
