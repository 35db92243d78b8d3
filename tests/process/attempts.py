"""What the tests of ranks share: an agent's `Ranks`, tasks for it, and waiting."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.ranks.shim_handle import Shim
from tensorfleet.agent.ranks.task import Event, ExitReport, Finished, RankSpec, ShimLost, TaskFile

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUNBUFFERED": "1"}


@contextlib.asynccontextmanager
async def agent(folder: Path, **options: Any) -> AsyncIterator[Ranks]:
    ranks = Ranks(folder / "agent", **options)
    await ranks.start()
    try:
        yield ranks
    finally:
        await ranks.close()


def task(
    folder: Path,
    *argv: str,
    count: int = 1,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    name: str = "job.1.0",
    **options: Any,
) -> TaskFile:
    """`count` ranks of `argv`, in a directory of their own. Not warm unless asked for."""
    task_dir = folder / name
    task_dir.mkdir(parents=True, exist_ok=True)
    ranks = tuple(
        RankSpec(rank, rank, argv, {**ENVIRONMENT, "RANK": str(rank), **(env or {})}, str(cwd or folder))
        for rank in range(count)
    )
    return TaskFile(name, task_dir, ranks, **{"warm": False, **options})


def python(code: str) -> tuple[str, str, str]:
    return (sys.executable, "-c", code)


async def outcome(shim: Shim, seen: list[Event] | None = None) -> ExitReport:
    """Read the events to the end."""
    async with asyncio.timeout(60):
        async for event in shim.events():
            if seen is not None:
                seen.append(event)
            if isinstance(event, Finished | ShimLost):
                return event.result
    raise AssertionError("the events ended without an end")


async def event(shim: Shim, kind: type[Any]) -> Any:
    """The next event of this kind."""
    async with asyncio.timeout(60):
        async for found in shim.events():
            if isinstance(found, kind):
                return found
    raise AssertionError(f"no {kind.__name__}")


def log(task: TaskFile, rank: int = 0) -> str:
    return (task.task_dir / "logs" / f"rank-{rank}.log").read_text()


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for the condition; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)
    return value


def is_there(pid: int) -> bool:
    """Does the process run (a zombie does not)?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
