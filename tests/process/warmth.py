"""What the tests of warm starts share: one agent with a warm worker for a whole file of tests."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attempts import ENVIRONMENT, event, log, outcome, task, until

from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.ranks.task import ExitReport, Started, TaskFile


@dataclass
class Warm:
    """An agent whose worker for this interpreter is ready."""

    runner: asyncio.Runner
    ranks: Ranks

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def run(self, share: TaskFile) -> tuple[Started, ExitReport]:
        async def scene() -> tuple[Started, ExitReport]:
            shim = await self.ranks.launch(share)
            started = await event(shim, Started)
            return started, await outcome(shim)

        return self.runner.run(scene())  # type: ignore[no-any-return]  # typeshed: Runner.run is generic, `do` is not

    def python(
        self, folder: Path, *argv: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[str, int | None, Started]:
        """What one warm rank of python with these arguments wrote, how it ended, and how it began."""
        share = task(folder, sys.executable, *argv, env=env, warm=True, **options)
        started, report = self.run(share)
        end = report.ranks[0]
        return log(share), end.code if end.signal is None else -end.signal, started


def plainly(folder: Path, *argv: str, env: Mapping[str, str] | None = None) -> tuple[str, int]:
    """The same by hand."""
    done = subprocess.run(
        [sys.executable, *argv],
        env={**ENVIRONMENT, "RANK": "0", **(env or {})},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        timeout=60,
    )
    return done.stdout, done.returncode


async def ready(ranks: Ranks, executable: str = sys.executable) -> None:
    ranks.warm.prepare(executable)
    worker = ranks.warm.states()[executable]
    await until(lambda: worker.state in ("ready", "cold"), 90)
    assert worker.state == "ready", worker.reason


@contextmanager
def warm_agent(folder: Path) -> Iterator[Warm]:
    with asyncio.Runner() as runner:
        ranks = Ranks(folder / "agent", environ={"PATH": os.environ["PATH"], "HOME": ENVIRONMENT["HOME"]})
        runner.run(ranks.start())
        try:
            runner.run(ready(ranks))
            yield Warm(runner, ranks)
        finally:
            runner.run(ranks.close())
