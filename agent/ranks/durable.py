# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH104, PTH108, PTH120
"""Small private JSON files that survive a power cut: written beside, synced, then moved into place.

Loaded by the shim too: standard library only, Python 3.9, no import of the package. A reader sees a whole file
or none. `create_json` is the fleet's at-most-once gate: of any number of callers exactly one is told True.
"""

from __future__ import annotations

import json
import os
import threading
from typing import Any


def write_json(path: str, value: Any) -> None:
    """Replace `path` with `value`, durable on return. Raises OSError; then the old file still stands."""
    beside = path + ".tmp"
    _write(beside, value)
    os.rename(beside, path)
    _sync_folder(path)


def create_json(path: str, value: Any) -> bool:
    """Make `path` hold `value`, durable on return; False, and nothing changed, where `path` exists already."""
    beside = f"{path}.{os.getpid()}.{threading.get_ident()}.tmp"
    _write(beside, value)
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(beside)
    _sync_folder(path)
    return True


def read_json(path: str) -> Any:
    """The value in `path`, or None where there is no such file. Raises ValueError if it is not JSON."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except FileNotFoundError:
        return None


def reserve_json(path: str, size: int) -> None:
    """Set blocks aside for a later `write_json(path, ...)`, so that it succeeds on a disk that filled up since."""
    file = os.open(path + ".tmp", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(file, 0, size)
    except OSError:
        pass  # the file system cannot; the write then takes its chance
    finally:
        os.close(file)


def _write(path: str, value: Any) -> None:
    data = json.dumps(value, separators=(",", ":")).encode()
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)  # not truncated: reserved blocks stay ours
    try:
        done = 0
        while done < len(data):
            done += os.write(file, data[done:])
        os.ftruncate(file, len(data))
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(path: str) -> None:
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
