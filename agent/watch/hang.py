"""Watches the steps of the ranks of one share, and says what it was when they stop coming."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tensorfleet.agent.watch.guilt import guilty
from tensorfleet.agent.watch.rhythm import Rhythm
from tensorfleet.agent.watch.stacks import Stack, dump
from tensorfleet.agent.watch.steps import StepFile

EVERY = 0.5
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Hang:
    """rank: the one to name. text: what is known, in a sentence. sure: that it is this rank's doing."""

    rank: int
    text: str
    sure: bool


class Watch:
    """run: the run directory. ranks: those of this node. folder: where stacks are written to. factor, floor: as in
    Rhythm; a factor of 0 watches nothing."""

    def __init__(self, run: Path, ranks: Sequence[int], folder: Path, factor: float, floor: float) -> None:
        self._files = {rank: StepFile(run / "metrics" / f"rank-{rank}.jsonl") for rank in ranks}
        self._rhythms = {rank: Rhythm(factor, floor) for rank in ranks}
        self._folder = folder
        self._on = factor > 0

    async def overdue(self) -> None:
        """Returns when a rank has been silent for too long; never for ranks that tell no steps."""
        while True:
            if self._on and self._look(1.0):
                return
            await asyncio.sleep(EVERY)

    def is_late(self) -> bool:
        """Whether the steps have been missing for half of the limit, so that a look at the stacks is worth while."""
        return self._on and self._look(0.5)

    async def explain(self, pids: Mapping[int, int]) -> Hang:
        """Writes every rank's stacks down, and says what it was. pids: by rank."""
        stacks: dict[int, Stack] = dict(
            zip(pids, await asyncio.gather(*(asyncio.to_thread(dump, pid) for pid in pids.values())), strict=True)
        )
        with contextlib.suppress(OSError):  # a full disk: the sentence is told all the same
            self._folder.mkdir(parents=True, exist_ok=True)
            for rank, stack in stacks.items():
                (self._folder / f"rank-{rank}.txt").write_text(f"state {stack.state}\n{stack.text}")
        found = guilty(stacks, {rank: rhythm.step for rank, rhythm in self._rhythms.items()})
        now = time.monotonic()
        known = [rhythm for rhythm in self._rhythms.values() if rhythm.is_overdue(now, 0.5)]
        silent = max((rhythm.silence(now) for rhythm in known), default=0.0)
        text = f"no step for {silent:.0f} s; rank {found.rank} {found.why}."
        return Hang(found.rank, text, found.sure)

    def _look(self, share: float) -> bool:
        now = time.monotonic()
        for rank, file in self._files.items():
            file.read_into(self._rhythms[rank], now)
        return any(rhythm.is_overdue(now, share) for rhythm in self._rhythms.values())


def folder_of(output: Path, attempt: int) -> Path:
    """Where the stacks of a hung attempt are among the files that come home."""
    return output / "hang" / f"attempt-{attempt}"
