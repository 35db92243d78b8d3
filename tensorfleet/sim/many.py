"""Seed after seed, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count as count_from
from itertools import islice
from multiprocessing import get_context
from os import cpu_count

from tensorfleet.sim.world import Outcome, run

CHUNK = 25
"""Seeds that a process runs at once."""


def runs(first: int, count: int, enough: Callable[[], bool] = lambda: False) -> Iterator[Outcome]:
    """The outcomes of `count` seeds (0: without end) from `first` on, in order, without stories; until `enough`."""
    starts = count_from(first, CHUNK) if not count else iter(range(first, first + count, CHUNK))
    end = first + count if count else None
    workers = cpu_count() or 1
    # Spawned, not forked: whoever asks may have threads.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        while chunk := list(islice(starts, workers * 2)):
            for outcomes in pool.map(_chunk, chunk, [min(CHUNK, end - start) if end else CHUNK for start in chunk]):
                yield from outcomes
            if enough():
                return


def _chunk(first: int, count: int) -> list[Outcome]:
    return [run(seed).without_story() for seed in range(first, first + count)]
