"""Lays out the checkpoint that an attempt goes on from, before its ranks start.

What this node wrote itself is linked, not copied; the rest comes from the head. On shared storage it stays where it is.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from tensorfleet.agent.blobs import Blobs, remove_tree
from tensorfleet.agent.checkpoints.index import Index
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.messages import Resume


def local(digest: str, index: Index, folder: Path) -> Path | None:
    """Where this node has the part `digest`, or None. folder: the job's, with a directory for each attempt."""
    known = index.by_digest(digest)
    path = folder / str(known.attempt) / known.name if known else None
    return path if path and path.is_dir() else None


def link(source: Path, target: Path) -> None:
    """The same files under another name, safe from whoever clears `source` away. Raises OSError."""
    try:
        shutil.copytree(source, target, copy_function=os.link, dirs_exist_ok=True)
    except (OSError, shutil.Error):  # another file system, or one without hard links
        shutil.copytree(source, target, dirs_exist_ok=True)


async def lay_out(resume: Resume, index: Index, folder: Path, blobs: Blobs, target: Path) -> None:
    """The parts of `resume`, together in `target`. Raises NotFound and Corrupt where it is damaged, `link.Broken`
    without a head, OSError."""
    await asyncio.to_thread(remove_tree, target)
    for part in resume.parts:
        here = local(part, index, folder)
        if here:
            await asyncio.to_thread(link, here, target)
        else:
            await blobs.fetch_tree(part, target)


def on_shared(resume: Resume) -> Path:
    """Where `resume` lies. Raises InvalidRequest on a node that does not reach it."""
    path = Path(resume.path)
    if not path.is_dir():
        raise InvalidRequest(f"the checkpoint {path} is not to be found on this node.", "Mount the storage here, too.")
    return path
