"""Log lines stay within their budget: the oldest ended jobs' go first, a live job's never."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tensorfleet.head.logbudget import LogBudget


def written(root: Path, job: str, size: int, at: float) -> None:
    (root / job).mkdir(parents=True)
    for attempt in (1, 2):
        file = root / job / f"{attempt}.jsonl"
        file.write_bytes(bytes(size // 2))
        os.utime(file, (at, at))


def test_the_oldest_ended_jobs_go_first_and_live_ones_stay(tmp_path: Path) -> None:
    for at, job in enumerate(("live", "old", "older", "new")):
        written(tmp_path, job, 1000, at)
    budget = LogBudget(tmp_path, 2500, lambda job: job == "live")
    assert asyncio.run(budget.prune()) == ["old", "older"]
    assert {folder.name for folder in tmp_path.iterdir()} == {"live", "new"}
    assert asyncio.run(budget.prune()) == []


def test_nothing_was_written_yet(tmp_path: Path) -> None:
    assert asyncio.run(LogBudget(tmp_path / "none", 0, lambda _: False).prune()) == []
