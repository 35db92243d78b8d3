"""One process a data directory: a lock file, locked for as long as its holder lives, with the holder's pid in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from tensorfleet.errors import AlreadyRunning


class DirectoryLock:
    """The kernel lets go of it when the process ends, however it ends, so there are no stale ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def take(self) -> None:
        """Raises AlreadyRunning, which names the holder, and OSError."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise AlreadyRunning(
                f"Process {holder} already runs on the data directory {self._path.parent}.",
                "Stop it first, or name another directory with --data-dir.",
            ) from error
        except OSError:
            os.close(fd)
            raise
        with contextlib.suppress(OSError):  # on a full disk the lock holds all the same; only its holder is not told
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """The file stays: removing it could take it away from under the next holder."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
