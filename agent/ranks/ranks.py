"""Starting, owning and ending ranks on this node: what the agent's composition root uses, and nothing else.

The processes: this agent -> nursery or warm worker (cradle.py) -> shim (shim.py) -> ranks. Shims outlive the agent;
`adopt` finds them again. The directory of an attempt's share is the at-most-once record: its `task.json` is written
durably before anything is forked, and its `shim.json` is created by whichever shim comes first.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tensorfleet.agent.ranks import containment as containments
from tensorfleet.agent.ranks import durable
from tensorfleet.agent.ranks.containment import Containment
from tensorfleet.agent.ranks.nursery import Nursery
from tensorfleet.agent.ranks.shim_handle import Shim, connect, is_alive
from tensorfleet.agent.ranks.task import TaskFile
from tensorfleet.agent.ranks.warm import Choice, WarmPool
from tensorfleet.errors import Conflict, Corrupt, Unavailable


class Ranks:
    """The ranks of one agent. `root` is for its own files; `interpreter`, the agent's own, runs the shims.

    `containment` is found by probing unless given. `environ` is what warm workers start from, by default the agent's
    own environment; a task is warm only where its libraries would be loaded under the same settings.
    """

    def __init__(
        self,
        root: Path,
        interpreter: str = sys.executable,
        containment: Containment | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.containment = containment or containments.probe()
        self.warm = WarmPool(root, os.environ if environ is None else environ)
        self.nursery = Nursery(interpreter, root / "nursery.log")
        self._shims: set[Shim] = set()
        self._orphans: dict[int, int] = {}  # pidfd -> pid of shims that may become our children

    async def start(self) -> None:
        """Make ready: from now on a launch costs milliseconds."""
        self.nursery.open()

    async def close(self) -> None:
        """Let go of everything. Shims and their ranks stay; readers of `Shim.events` must have been cancelled."""
        for shim in self._shims:
            shim.close()
        self._shims.clear()
        for descriptor in list(self._orphans):
            self._reap(descriptor)
        await self.warm.close()
        await self.nursery.close()

    async def launch(self, task: TaskFile) -> Shim:
        """Start `task`, once: the same task again is adopted, whatever has become of it.

        Each rank gets TENSORFLEET_ALLOC and TENSORFLEET_TASK_DIR on top of its environment, the marks by which its
        processes are found should the shim be lost. Raises Conflict if the directory belongs to another task.
        """
        marks = {"TENSORFLEET_ALLOC": task.alloc, "TENSORFLEET_TASK_DIR": str(task.task_dir)}
        marked = tuple(replace(spec, env={**spec.env, **marks}) for spec in task.ranks)
        task = replace(task, ranks=marked)
        choice = self.warm.choose(task)
        document = {
            "task": task.document(),
            "programs": {str(rank): asdict(program) for rank, program in choice.programs.items()},
            "cage": self.containment.cage(task.alloc, str(task.task_dir), task.memory_limit).document(),
            "marks": [f"{name}={value}" for name, value in marks.items()],
        }
        if not await asyncio.to_thread(durable.create_json, str(task.task_dir / "task.json"), document):
            return await self._again(task)
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.setblocking(False)
        shim = self._hold(Shim(task.task_dir, document, line))
        with theirs:
            await self._fork(task.task_dir, theirs, choice)
        return shim

    async def adopt(self, task_dir: Path) -> Shim | None:
        """The shim of `task_dir`, after a restart of the agent: alive, finished or lost, as its events tell.

        None where nothing was ever launched. One that is lost is buried when its events are read: what it left is
        killed. A task without a shim can have none any more after this.
        """
        document = self._document(task_dir)
        if document is None:
            return None
        record = durable.read_json(str(task_dir / "shim.json")) or {}
        alive = is_alive(record)
        if alive:
            self._watch(record["pid"])
        return self._hold(Shim(task_dir, document, connect(task_dir) if alive else None))

    async def _again(self, task: TaskFile) -> Shim:
        document = self._document(task.task_dir)
        if document is None or document["task"] != task.document():
            raise Conflict(
                f"The directory {task.task_dir} already belongs to another task.",
                "Every attempt gets a directory of its own.",
            )
        shim = await self.adopt(task.task_dir)
        assert shim is not None
        return shim

    async def _fork(self, task_dir: Path, line: socket.socket, choice: Choice) -> None:
        """Have a shim forked, from the warm worker if there is one. If neither can, the shim's events say so."""
        note = choice.note or "its warm worker failed"
        if choice.worker and choice.worker.cradle:
            try:
                self._watch(await choice.worker.cradle.fork(task_dir, line))
                return
            except Unavailable:
                pass  # it may have forked all the same: then its shim and the next compete for shim.json
        try:
            self._watch(await self.nursery.fork(task_dir, line, note))
        except Unavailable:
            pass

    def _document(self, task_dir: Path) -> dict[str, Any] | None:
        try:
            document: dict[str, Any] | None = durable.read_json(str(task_dir / "task.json"))
        except ValueError as failure:
            raise Corrupt(f"{task_dir / 'task.json'} is damaged: {failure}.") from failure
        return document

    def _hold(self, shim: Shim) -> Shim:
        self._shims = {other for other in self._shims if other.is_open} | {shim}
        return shim

    def _watch(self, pid: int) -> None:
        """Take the shim off the process table when it ends, should it have become our child by then.

        Usually its cradle does that; but a cradle may be gone, and this process be init's stand-in (a container).
        """
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        self._orphans[descriptor] = pid
        asyncio.get_running_loop().add_reader(descriptor, self._reap, descriptor)

    def _reap(self, descriptor: int) -> None:
        pid = self._orphans.pop(descriptor)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
