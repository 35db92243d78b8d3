# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH115, PTH208
"""Processes as /proc shows them: who is whose child, when it started, what marks it as ours, and ending it.

Loaded by the shim too: standard library only, Python 3.9, no import of the package. A pid alone names nobody for
long; a pid with its start time (clock ticks since boot) and the boot id does.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator


def boot_id() -> str:
    """The kernel's name for this boot; empty where /proc does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def start_time(pid: int) -> int:
    """When `pid` started, in clock ticks since boot; 0 if it is gone or only a zombie."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in ("Z", "X") else 0


def is_alive(pid: int, started: int, boot: str) -> bool:
    """Is the process that had `pid` and start time `started` in boot `boot` still there?"""
    return boot == boot_id() and started != 0 and start_time(pid) == started


def descendants(root: int) -> list[int]:
    """Every living process below `root`, at this instant."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        fields = _stat(pid)
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    found: list[int] = []
    layer = [root]
    while layer:
        layer = [child for parent in layer for child in children.get(parent, ())]
        found += layer
    return found


def marked(environment: Iterable[str], pipes: Iterable[int]) -> list[int]:
    """Processes started with every `NAME=value` of `environment`, or writing to one of the pipe inodes `pipes`.

    A rank forked by a warm worker has its parent's start environment, so the pipe is what gives its children away.
    Processes of other users that we may not look at are left out.
    """
    wanted = {entry.encode() for entry in environment}
    targets = {f"pipe:[{inode}]" for inode in pipes}
    return [pid for pid in _pids() if pid != os.getpid() and (_writes_to(pid, targets) or _has(pid, wanted))]


def kill(pids: Iterable[int], number: int = signal.SIGKILL) -> None:
    """Signal each of `pids`; those already gone, or not ours to signal, are passed over."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def kill_group(leader: int, number: int) -> None:
    """Signal the process group led by `leader`, if it is still there."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        pass


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may itself hold spaces and parentheses."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except (OSError, ValueError):
        return []


def _writes_to(pid: int, targets: set[str]) -> bool:
    for stream in (1, 2):
        try:
            if os.readlink(f"/proc/{pid}/fd/{stream}") in targets:
                return True
        except OSError:
            pass
    return False


def _has(pid: int, wanted: set[bytes]) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return bool(wanted) and wanted <= set(file.read().split(b"\0"))
    except OSError:
        return False
