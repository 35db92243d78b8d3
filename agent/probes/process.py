"""Who runs a process, and what it is called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

import psutil

MOST = 100
"""Characters of a command that are kept."""

HARMLESS = frozenset({"-u", "-m", "-O", "-OO", "-B", "-E", "-I", "-s", "-S"})
"""Python's own flags, which stand before a script and take no value (but -m, whose value is the script)."""


def of_a_job(pid: int) -> bool:
    """Whether the process was started for a job of this fleet, by what stands in its environment."""
    try:
        return b"TENSORFLEET_JOB_ID=" in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


class Owner(NamedTuple):
    user: str = ""
    command: str = ""


class Owners:
    """Looks each process up once: a pid with the same start time is the same process."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Owner]] = {}

    def of(self, pid: int) -> Owner:
        """Empty words for a process that is gone, or that is not ours to see."""
        try:
            process = psutil.Process(pid)
            started = process.create_time()
            known = self._known.get(pid)
            if known is None or known[0] != started:
                known = self._known[pid] = (started, _look(process))
        except (psutil.Error, OSError):
            return Owner()
        return known[1]

    def keep(self, pids: Collection[int]) -> None:
        """Forget every process not in `pids`."""
        for pid in self._known.keys() - set(pids):
            del self._known[pid]


def _look(process: psutil.Process) -> Owner:
    try:
        user = process.username()
    except (psutil.Error, KeyError):
        user = str(process.uids().real)
    try:
        command = brief(process.cmdline())
    except psutil.AccessDenied:
        command = ""
    return Owner(user, command or process.name())


def brief(argv: Sequence[str]) -> str:
    """The program and its script: "python train.py". Options and what follows them stay behind: they hold secrets."""
    if not argv:
        return ""
    words = [PurePath(argv[0]).name]
    for word in argv[1:]:
        if word in HARMLESS:
            continue
        if not word.startswith("-"):
            words.append(PurePath(word).name)
        break
    return " ".join(words)[:MOST]
