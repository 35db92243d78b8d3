"""Checkpoints of all jobs on this node: where they lie, who ships them, what may be cleared away."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tensorfleet.agent.blobs import Blobs, remove_tree
from tensorfleet.agent.checkpoints import restore
from tensorfleet.agent.checkpoints.found import look
from tensorfleet.agent.checkpoints.index import Index
from tensorfleet.agent.checkpoints.shipping import Caller, Shipping, Source
from tensorfleet.agent.link import Broken
from tensorfleet.agent.taskdir import TaskDir
from tensorfleet.errors import Corrupt, NotFound
from tensorfleet.wire.messages import AssignTask, CheckpointAnswer, CheckpointDamaged, Resume

LEFT = 3600.0
"""Seconds after which a job's local copies go when nothing of it runs here any more; the head has them."""


class Checkpoints:
    """root: the directory of all jobs' checkpoints on this node."""

    def __init__(self, root: Path, blobs: Blobs, caller: Caller) -> None:
        self._root = root
        self._blobs = blobs
        self._caller = caller
        self._indices: dict[str, Index] = {}
        self._shipping: dict[str, Shipping] = {}

    def folder(self, assign: AssignTask) -> Path:
        """Where the attempt's ranks save, which no other attempt ever writes to; made if it is not there."""
        folder = self._job(assign) / str(assign.attempt)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def restore(self, assign: AssignTask, task_dir: TaskDir) -> tuple[Path, ...]:
        """The checkpoint to go on from, laid out; and the one before, where that costs nothing. Waits for the head.

        Raises NotFound and Corrupt for a damaged one, after telling the head; InvalidRequest, OSError.
        """
        paths: list[Path] = []
        for resume in assign.resume:
            if resume.path:
                paths.append(restore.on_shared(resume))
                continue
            index, folder = self._index(assign.job), self._root / assign.job
            if paths and not all(restore.local(part, index, folder) for part in resume.parts):
                continue
            target = task_dir.path / "resume" / f"{resume.attempt}-step-{resume.step}"
            await self._lay_out(assign, resume, target)
            paths.append(target)
        return tuple(paths)

    async def ship(self, assign: AssignTask, task_dir: TaskDir) -> None:
        """Brings what the task's ranks save to the head, until `finish`."""
        source = Source(
            assign.alloc,
            assign.attempt,
            assign.node_rank,
            self.folder(assign),
            task_dir.run / "checkpoint-failures.jsonl",
            bool(assign.checkpoint_dir),
        )
        index = self._index(assign.job)

        def prune(keep: frozenset[tuple[int, int]]) -> None:
            self._prune(self._job(assign), index, assign.attempt, keep)

        shipping = Shipping(source, index, self._blobs, self._caller, prune)
        self._shipping[assign.alloc] = shipping
        try:
            await shipping.run()
        finally:
            del self._shipping[assign.alloc]

    def finish(self, alloc: str) -> None:
        """The task's ranks are over."""
        if alloc in self._shipping:
            self._shipping[alloc].finish()

    def answered(self, answer: CheckpointAnswer) -> None:
        if answer.alloc in self._shipping:
            self._shipping[answer.alloc].answered(answer)

    def clear(self, live: set[str], now: float | None = None) -> None:
        """Removes local copies of jobs that are not in `live` and were not touched for LEFT seconds."""
        now = time.time() if now is None else now
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            touched = max((path.stat().st_mtime for path in (folder, *folder.iterdir())), default=now)
            if folder.name not in live and now - touched > LEFT:
                self._indices.pop(folder.name, None)
                remove_tree(folder)

    async def _lay_out(self, assign: AssignTask, resume: Resume, target: Path) -> None:
        index, folder = self._index(assign.job), self._root / assign.job
        while True:
            try:
                return await restore.lay_out(resume, index, folder, self._blobs, target)
            except Broken:
                await asyncio.sleep(0.5)
            except (NotFound, Corrupt) as error:
                self._caller.send(CheckpointDamaged(assign.alloc, resume.attempt, resume.serial, error.detail[:1000]))
                raise

    def _job(self, assign: AssignTask) -> Path:
        return Path(assign.checkpoint_dir, assign.job) if assign.checkpoint_dir else self._root / assign.job

    def _index(self, job: str) -> Index:
        if job not in self._indices:
            folder = self._root / job
            folder.mkdir(parents=True, exist_ok=True)
            self._indices[job] = Index(folder / "index.json")
        return self._indices[job]

    def _prune(self, folder: Path, index: Index, attempt: int, keep: frozenset[tuple[int, int]]) -> None:
        """Removes what will never count, and what the job no longer wants where `keep` says what it does."""
        for known in index.all():
            path = folder / str(known.attempt) / known.name
            if known.fate == "dead" or (keep and (known.attempt, known.serial) not in keep):
                _remove(path)
        if keep and folder.parent != self._root:
            _clear_earlier(folder, attempt, keep)


def _clear_earlier(folder: Path, attempt: int, keep: frozenset[tuple[int, int]]) -> None:
    """On shared storage: what earlier attempts left, that other nodes reported, or nobody."""
    for earlier in folder.iterdir():
        if earlier.name.isdigit() and int(earlier.name) < attempt:
            for found in look(earlier, 0, False, frozenset()):
                if found.saved and (found.saved.attempt, found.saved.serial) not in keep:
                    _remove(found.path)


def _remove(path: Path) -> None:
    gone = path.with_name(f".{path.name}.gone")
    if path.is_dir():
        path.rename(gone)  # at once for whoever looks for it
    remove_tree(gone)
