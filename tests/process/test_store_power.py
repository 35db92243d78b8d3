"""A power cut keeps what was acknowledged, whatever the disk did with writes that were not synced."""

import asyncio
from functools import partial

import pytest
from store_vfs import Coat, Recorded

from tensorfleet.errors import TensorFleetError
from tensorfleet.store.port import Append, Put
from tensorfleet.store.tinydb import TinyDBStore

COMMITS = 40
FULL = "PRAGMA synchronous=FULL"


async def cut_after_every_commit(tmp_path, swap):
    """Commits, cutting the power after each; returns how many cuts lost something acknowledged."""
    vfs = Recorded()
    store = TinyDBStore(tmp_path / "data", connect=partial(Coat, vfs=vfs.name, swap=swap))
    await store.open()
    lost = 0
    for n in range(1, COMMITS + 1):
        await store.commit([Put("jobs", f"j{n % 7}", {"n": n, "pad": "x" * (n * 101 % 3000)}), Append({"n": n})])
        cut = tmp_path / f"cut-{n}"
        vfs.cut(cut, seed=n)
        lost += not await holds(cut, n)
    await store.close()
    return lost


async def holds(data_dir, n):
    """Whether the store opens and holds the first n commits, whole."""
    store = TinyDBStore(data_dir)
    try:
        await store.open()
    except TensorFleetError:
        return False
    try:
        expected = {f"j{last % 7}": last for last in range(1, n + 1)}
        found = {doc["id"]: doc["n"] for doc in store.find("jobs")}
        events = [event["n"] for event in await store.events(after=0, limit=1000)]
        return found == expected and events == list(range(1, n + 1))
    finally:
        await store.close()


def test_no_cut_loses_an_acknowledged_commit(tmp_path):
    assert asyncio.run(cut_after_every_commit(tmp_path, {})) == 0


@pytest.mark.parametrize("weaker", ["NORMAL", "OFF"])
def test_the_same_cuts_catch_a_store_that_does_not_sync(tmp_path, weaker):
    lost = asyncio.run(cut_after_every_commit(tmp_path, {FULL: f"PRAGMA synchronous={weaker}"}))
    assert lost > COMMITS / 2
