"""The agent's warm workers: one per Python environment, pre-imported, from which the shims of Python ranks are forked.

They start in the background, one at a time. A task for an interpreter without a ready worker starts plainly and
prompts one, so the next is warm. No tasks of asyncio's here: a worker's socket and its end are watched by callbacks.
What forking shares and when it is refused: docs/warm-workers.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tensorfleet.agent.ranks.eligible import (
    Cold,
    Program,
    obstacle,
    program_of,
    same_environment,
    worker_environment,
)
from tensorfleet.agent.ranks.nursery import LARGEST, Cradle
from tensorfleet.agent.ranks.task import TaskFile

IDLE_KEPT = 4
ASK_AGAIN = 300.0  # seconds until an interpreter that cannot be warm is tried once more
LONGEST_BACKOFF = 300.0

Key = tuple[str, str]
State = Literal["waiting", "starting", "ready", "cold"]


@dataclass(slots=True)
class WarmWorker:
    """One interpreter's worker. `reason` says why it is not ready; `used` is on the monotonic clock."""

    executable: str
    state: State = "waiting"
    reason: str = "its warm worker is still starting"
    cradle: Cradle | None = None
    loaded: tuple[str, ...] = ()
    user_site: bool = False
    folders: dict[str, int] = field(default_factory=dict)
    used: float = 0.0
    crashes: int = 0

    def is_current(self) -> bool:
        """Are the installed packages still those it has imported?"""
        return all(_stamp(folder) == stamp for folder, stamp in self.folders.items())


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a task's shim is to be forked: from `worker`, or plainly because of `note`. `programs` go by rank."""

    worker: WarmWorker | None
    programs: Mapping[int, Program]
    note: str


class WarmPool:
    """All warm workers of this agent. To be used from one event loop."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._base = worker_environment(environ)
        self._workers: dict[Key, WarmWorker] = {}
        self._waiting: deque[Key] = deque()
        self._starting: Key | None = None
        self._retired: list[Cradle] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._watches: dict[int, int] = {}  # pidfd of each cradle, by pid

    def prepare(self, executable: str) -> None:
        """See to it that `executable` (absolute) has a worker, in the background."""
        key = same_environment(executable)
        if key not in self._workers:
            self._workers[key] = WarmWorker(executable, used=time.monotonic())
            self._waiting.append(key)
            self._start_next()

    def states(self) -> Mapping[str, WarmWorker]:
        """What there is, by interpreter."""
        return {worker.executable: worker for worker in self._workers.values()}

    def choose(self, task: TaskFile) -> Choice:
        """Where `task` starts. Prompts a worker for next time where there is none."""
        if not task.warm:
            return Choice(None, {}, "a plain start was asked for")
        programs = {spec.rank: program_of(spec.argv, spec.env, spec.cwd) for spec in task.ranks}
        fit = {rank: program for rank, program in programs.items() if isinstance(program, Program)}
        if len(fit) < len(programs):
            return Choice(None, {}, next(cold.reason for cold in programs.values() if isinstance(cold, Cold)))
        keys = {same_environment(program.executable) for program in fit.values()}
        if len(keys) != 1:
            return Choice(None, {}, "its ranks run under different interpreters")
        (key,) = keys
        self._forget_hopeless(key)
        self.prepare(next(iter(fit.values())).executable)
        worker = self._workers[key]
        if worker.state != "ready":
            return Choice(None, {}, worker.reason)
        worker.used = time.monotonic()
        if not worker.is_current():
            self._retire(key)
            self.prepare(worker.executable)
            return Choice(None, {}, "packages were installed or removed since its warm worker started")
        for spec in task.ranks:
            if reason := obstacle(spec.env, self._base, worker.user_site):
                return Choice(None, {}, reason)
        return Choice(worker, fit, "")

    async def close(self) -> None:
        """End every worker. Their shims stay."""
        for timer in self._timers:
            timer.cancel()
        cradles = [*self._retired, *(worker.cradle for worker in self._workers.values() if worker.cradle)]
        for cradle in cradles:
            self._unwatch(cradle)
        self._workers.clear()
        self._waiting.clear()
        for cradle in cradles:
            await cradle.close()

    def _start_next(self) -> None:
        if self._starting is not None or not self._waiting:
            return
        key = self._starting = self._waiting.popleft()
        worker = self._workers[key]
        environment = {**self._base, "OPENBLAS_NUM_THREADS": "1", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"}
        try:
            worker.cradle = Cradle([worker.executable], "warm", environment, self._root / "warm.log")
        except OSError as failure:
            self._decide(key, "cold", f"its interpreter cannot be started: {failure.strerror}")
            return
        worker.state = "starting"
        asyncio.get_running_loop().add_reader(worker.cradle.control, self._heard, key)
        self._watch(worker.cradle, key)

    def _heard(self, key: Key) -> None:
        """The first word of a worker that starts. Its end without one is noticed by the watch."""
        worker = self._workers[key]
        assert worker.cradle is not None
        asyncio.get_running_loop().remove_reader(worker.cradle.control)
        try:
            data = worker.cradle.control.recv(LARGEST)
        except OSError:
            data = b""
        if not data:
            return
        report = json.loads(data)
        if "cold" in report:
            self._decide(key, "cold", f"its interpreter cannot be kept warm: {report['cold']}")
            return
        worker.loaded = tuple(report["loaded"])
        worker.user_site = report["user_site"]
        worker.folders = {folder: _stamp(folder) for folder in report["folders"]}
        self._decide(key, "ready", "")
        self._retire_surplus()

    def _decide(self, key: Key, state: State, reason: str) -> None:
        worker = self._workers[key]
        worker.state, worker.reason = state, reason
        worker.used = time.monotonic()
        if self._starting == key:
            self._starting = None
            self._start_next()

    def _ended(self, key: Key, cradle: Cradle) -> None:
        """A cradle's process is over: a retired one, one that called itself cold, or a crash."""
        cradle.process.wait()
        self._unwatch(cradle)
        cradle.control.close()
        if cradle in self._retired:
            self._retired.remove(cradle)
            return
        worker = self._workers[key]
        worker.cradle = None
        if worker.state == "cold":
            return
        worker.crashes += 1
        self._decide(key, "waiting", "its warm worker ended unexpectedly and is being started again")
        self._after(min(2.0**worker.crashes, LONGEST_BACKOFF), key)

    def _after(self, delay: float, key: Key) -> None:
        def due() -> None:
            self._timers.discard(timer)
            self._waiting.append(key)
            self._start_next()

        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers.add(timer)

    def _forget_hopeless(self, key: Key) -> None:
        worker = self._workers.get(key)
        hopeless = worker and worker.state == "cold" and worker.cradle is None
        if hopeless and time.monotonic() - self._workers[key].used > ASK_AGAIN:
            del self._workers[key]

    def _retire_surplus(self) -> None:
        ready = sorted((worker.used, key) for key, worker in self._workers.items() if worker.state == "ready")
        for _, key in ready[: max(0, len(ready) - IDLE_KEPT)]:
            self._retire(key)

    def _retire(self, key: Key) -> None:
        cradle = self._workers.pop(key).cradle
        if cradle:
            self._retired.append(cradle)
            cradle.retire()

    def _watch(self, cradle: Cradle, key: Key) -> None:
        descriptor = self._watches[cradle.process.pid] = os.pidfd_open(cradle.process.pid)
        asyncio.get_running_loop().add_reader(descriptor, self._ended, key, cradle)

    def _unwatch(self, cradle: Cradle) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(cradle.control)
        if (descriptor := self._watches.pop(cradle.process.pid, None)) is not None:
            loop.remove_reader(descriptor)
            os.close(descriptor)


def _stamp(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0
