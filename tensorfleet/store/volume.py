"""On what kind of file system a directory lies, and whether that one keeps what it says it wrote."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from tensorfleet.errors import InvalidRequest

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset({"9p", "afs", "cifs", "coda", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"})
_VOLATILE = frozenset({"devtmpfs", "ramfs", "tmpfs"})


class Trust(Enum):
    """LOST: gone at a reboot. NONE: locks or syncs that may not hold, so that data can be damaged."""

    KEPT = "kept"
    LOST = "lost"
    NONE = "none"


def file_system(directory: Path, mounts: str | None = None) -> str:
    """The kernel's name for its type (ext4, nfs4, fuse.sshfs, …); "" where there is no way to know.

    mounts: the text of proc(5) mountinfo, by default this process's.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(errors="surrogateescape")
        except OSError:
            return ""
    directory = directory.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), left.split(" ")[4]))
        # Of mounts on the same point the last one is on top.
        if directory.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split(" ")[0]
    return kind


def trust_of(kind: str) -> Trust:
    if kind in _NETWORK or kind == "fuse" or kind.startswith(("fuse.", "fuseblk")):
        return Trust.NONE
    return Trust.LOST if kind in _VOLATILE else Trust.KEPT


def check_volume(data_dir: Path, *, force: bool, allow_volatile: bool) -> tuple[str, ...]:
    """Warnings about where `data_dir` lies. Raises InvalidRequest where the store must not be.

    force: only warn of network and FUSE file systems. allow_volatile: only warn of those in memory.
    """
    kind = file_system(data_dir)
    trust = trust_of(kind)
    if trust is Trust.KEPT:
        return ()
    lost = trust is Trust.LOST
    where = f"The data directory {data_dir} lies on {kind}: "
    why = "a reboot empties it." if lost else "locks and syncs may not hold there, and a crash may damage it."
    if not (allow_volatile if lost else force):
        raise InvalidRequest(where + why, "Name a directory on a local disk with --data-dir.")
    return (where + why,)
