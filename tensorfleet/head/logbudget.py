"""The lines that jobs wrote are kept within a budget: those of the jobs that ended longest ago go first."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)

EVERY: Final = 600.0
"""Seconds between two looks."""


class LogBudget:
    """root: where the log book keeps a folder for each job. most: bytes. lives: whether a job is not over yet."""

    def __init__(self, root: Path, most: int, lives: Callable[[str], bool]) -> None:
        self._root = root
        self._most = most
        self._lives = lives

    async def run(self) -> None:
        """Prunes now and then, for ever."""
        while True:
            await self.prune()
            await asyncio.sleep(EVERY)

    async def prune(self) -> list[str]:
        """The jobs whose lines were deleted. Those of live jobs are never."""
        folders = await asyncio.to_thread(_folders, self._root)
        total = sum(size for _, size, _ in folders)
        gone = []
        for _, size, folder in sorted(folders):
            if total <= self._most:
                break
            if not self._lives(folder.name):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                gone.append(folder.name)
                total -= size
        if gone:
            log.info("logs of ended jobs deleted", extra=fields(jobs=len(gone), kept=total, budget=self._most))
        return gone


def _folders(root: Path) -> list[tuple[float, int, Path]]:
    """Of each job: when its last line came, bytes, folder."""
    found = []
    for folder in root.iterdir() if root.exists() else ():
        stats = [file.stat() for file in folder.glob("*.jsonl")]
        if stats:
            found.append((max(stat.st_mtime for stat in stats), sum(stat.st_size for stat in stats), folder))
    return found
