"""Where the TensorBoard event files of a job are, and what their curves are called.

A rank writes wherever it likes below its directories, so these are walked now and then; a walk that takes long is
done rarely. The files of the directory that a rank wrote to first keep the tags they have; those of any other are told
apart by their directory's name, as TensorBoard does with runs (SummaryWriter.add_scalars makes a directory a curve).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

DEEPEST: Final = 8
MOST_ENTRIES: Final = 50_000
MOST_FILES: Final = 500
EVERY: Final = 5.0
"""Seconds between two walks, at least."""

SHARE: Final = 1 / 400
"""Of the time, that walking may take."""

SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})

_PID = re.compile(r"events\.out\.tfevents\.\d+\..*?\.(\d+)\.\d+(?:\.v2)?$")


def find(root: Path, since: float) -> list[Path]:
    """Event files below `root` that were written to at or after `since` (Unix seconds), nearest the root first."""
    found: list[Path] = []
    seen = 0
    level = [root]
    for _ in range(DEEPEST):
        below: list[Path] = []
        for folder in level:
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue
            seen += len(entries)
            for entry in entries:
                name = entry.name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if not (name.startswith(".") or name in SKIPPED):
                            below.append(folder / name)
                    elif "tfevents" in name and entry.stat(follow_symlinks=False).st_mtime >= since:
                        found.append(folder / name)
                except OSError:
                    continue
            if seen > MOST_ENTRIES or len(found) >= MOST_FILES:
                return found[:MOST_FILES]
        level = below
    return found


def writer_of(file: Path) -> int | None:
    """The pid of the process that writes `file`, which TensorBoard puts into its name."""
    named = _PID.search(file.name)
    return int(named[1]) if named else None


class Walk:
    """Finds event files again and again, in at most a small share of the time. clock: monotonic seconds."""

    def __init__(self, roots: Sequence[Path], since: float, clock: Callable[[], float]) -> None:
        self._roots = roots
        self._since = since
        self._clock = clock
        self._next = clock()

    def look(self, now: bool = False) -> list[Path]:
        """All files there are, where it is time to look (or `now`); else none."""
        start = self._clock()
        if start < self._next and not now:
            return []
        found = [file for root in self._roots for file in find(root, self._since)]
        end = self._clock()
        self._next = end + max(EVERY, (end - start) / SHARE)
        return list(dict.fromkeys(found))


def prefix(folder: Path, base: Path, roots: Sequence[Path]) -> str:
    """What goes before the tags of files in `folder`, for a rank that wrote to `base` first."""
    for root in (base, *roots):
        if folder.is_relative_to(root):
            way = folder.relative_to(root).as_posix()
            return "" if way == "." else f"{way}/"
    return f"{folder.name}/"
