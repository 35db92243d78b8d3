"""Brings one task's checkpoints to the head, in the background, oldest first, until the head says that they count.

One is under way at a time. When a program saves faster than the link carries, some are passed over: those whose serial
number is divisible by the larger power of two stay, so that the nodes of a gang, each at its own pace, still bring the
same ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tensorfleet.agent.blobs import Blobs
from tensorfleet.agent.checkpoints.found import Found, listing, look
from tensorfleet.agent.checkpoints.index import Index, Known
from tensorfleet.agent.link import Broken
from tensorfleet.agent.output.slices import read_slice
from tensorfleet.errors import Corrupt, TensorFleetError
from tensorfleet.obs.logging import fields
from tensorfleet.wire.codec import pack
from tensorfleet.wire.messages import AgentMessage, CheckpointAnswer, CheckpointDone, CheckpointFailed

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks into the directory."""

BACKLOG = 4
"""Checkpoints that wait for their turn, at most."""

AT_ONCE = 4
"""Blobs in flight: fewer than code has, because nobody waits for these."""

PATIENCE = 10.0
"""Seconds for an answer; then it is asked again."""

AGAIN_AFTER = 10.0
"""Seconds until a head that took no blob, because its disk is full, is asked again."""


class Caller(Protocol):
    """The part of `link.Link` that is needed here."""

    @property
    def connected(self) -> bool: ...

    def send(self, message: AgentMessage) -> None: ...

    async def call(self, method: str, request: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Source:
    """Whose checkpoints, and where. failures: the SDK's list of saves that went wrong. shared: `folder` is the same on
    every node, so its files stay there."""

    alloc: str
    attempt: int
    node_rank: int
    folder: Path
    failures: Path
    shared: bool = False


class Shipping:
    """One task's. prune: called on a thread, with what the job still wants by attempt and serial, to clear the rest
    away; with nothing where that is not known."""

    def __init__(
        self,
        source: Source,
        index: Index,
        blobs: Blobs,
        caller: Caller,
        prune: Callable[[frozenset[tuple[int, int]]], None],
    ) -> None:
        self._source = source
        self._index = index
        self._blobs = blobs
        self._caller = caller
        self._prune = prune
        self._answers: dict[int, asyncio.Future[CheckpointAnswer]] = {}
        self._news = asyncio.Event()
        self._over = False

    def answered(self, answer: CheckpointAnswer) -> None:
        waiting = self._answers.pop(answer.serial, None)
        if waiting and not waiting.done():
            waiting.set_result(answer)

    def finish(self) -> None:
        """No rank lives any more; `run` returns when the head has all that is left, the newest of it first."""
        self._over = True
        self._news.set()

    async def run(self) -> None:
        """Looks and ships until `finish`, and then the rest."""
        while True:
            over = self._over
            self._news.clear()
            wait = LOOK_EVERY
            try:
                if self._caller.connected:
                    await self._tell_failures()
                    done = await self._ship(over)
                    if over and done:
                        return
                    wait = LOOK_EVERY if done else 0.0
            except Broken:
                pass
            except (TensorFleetError, OSError) as error:
                log.warning("checkpoint not brought", extra=fields(alloc=self._source.alloc, error=str(error)))
                if over:
                    return
                wait = AGAIN_AFTER
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait)

    async def _ship(self, over: bool) -> bool:
        """Ships one; whether nothing is left."""
        source = self._source
        known = self._index.names(source.attempt)
        waiting = await asyncio.to_thread(look, source.folder, source.node_rank, not source.shared, known)
        while len(waiting) > BACKLOG:
            passed = min(waiting, key=lambda each: _weight(each, waiting))
            waiting.remove(passed)
            self._bury(passed)
            await asyncio.to_thread(self._prune, frozenset())
        if not waiting:
            return True
        found = waiting[-1 if over else 0]
        try:
            manifest, places = await asyncio.to_thread(listing, found)
            digest = await self._blobs.send_tree(manifest, {} if source.shared else places, AT_ONCE)
        except (Corrupt, FileNotFoundError, ValueError) as error:
            # It was changed or taken away behind our back, so it is none.
            self._bury(found)
            self._caller.send(CheckpointFailed(source.alloc, found.step, f"{found.name} is damaged: {error}"[:1000]))
            return False
        done = CheckpointDone(
            source.alloc,
            found.serial,
            found.step,
            found.parts,
            digest,
            manifest.size,
            found.at,
            found.saved.metrics if found.saved else {},
            str(found.path) if source.shared else "",
        )
        answer = await self._commit(done)
        if not answer.accepted:
            self._bury(found)
            return False
        self._index.add(Known(source.attempt, found.name, found.serial, found.step, "kept", digest))
        await asyncio.to_thread(self._prune, frozenset(answer.keep))
        return False

    async def _commit(self, done: CheckpointDone) -> CheckpointAnswer:
        answer: asyncio.Future[CheckpointAnswer] = asyncio.get_running_loop().create_future()
        self._answers[done.serial] = answer
        try:
            await self._caller.call("CommitCheckpoint", pack(done))
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise Broken from None
        finally:
            self._answers.pop(done.serial, None)

    def _bury(self, found: Found) -> None:
        self._index.add(Known(self._source.attempt, found.name, found.serial, found.step, "dead"))

    async def _tell_failures(self) -> None:
        """Passes on which saves went wrong, which every node knows and the one of rank 0 says; and which copies are
        damaged on this node, so that the next attempt here gets them from the head."""
        source = self._source
        offset = self._index.told(source.attempt)
        data = await asyncio.to_thread(read_slice, source.failures, offset, 1 << 16)
        end = data.rfind(b"\n") + 1
        for line in data[:end].splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                said = json.loads(line)
                damaged = said.get("damaged")
                if damaged:
                    self._index.lose(int(damaged[0]), int(damaged[1]))
                if damaged or source.node_rank == 0:
                    step, error = int(said["step"]), str(said["error"])[:1000]
                    self._caller.send(CheckpointFailed(source.alloc, step, error, bool(damaged)))
        if end:
            self._index.tell(source.attempt, offset + end)


def _weight(found: Found, waiting: list[Found]) -> tuple[int, int]:
    """The power of two in its number, then its age: the lightest is passed over, and never the newest."""
    if found is waiting[-1]:
        return 64, 0
    return (found.serial & -found.serial).bit_length() if found.saved else 0, waiting.index(found)
