"""Reading from a file that a job may have made: it never blocks on a pipe and never follows a link out of the way."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_slice(path: Path, offset: int, limit: int) -> bytes:
    """Up to `limit` bytes of `path` from `offset` on; empty where it is missing, too short or no regular file.

    Raises OSError where the disk fails.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return b""
        return os.pread(fd, limit, offset)
    finally:
        os.close(fd)


def size_of(path: Path) -> int:
    """Bytes in `path`; 0 where there is no such file."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0
