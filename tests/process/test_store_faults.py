"""A write or sync that fails, at whichever call, loses nothing acknowledged; a full disk only delays."""

import asyncio
from functools import partial

import apsw
import pytest
from store_vfs import Coat, Failing

from tensorfleet.errors import StoreFailed, StoreFull, TensorFleetError
from tensorfleet.store.port import Append, Put
from tensorfleet.store.tinydb import TinyDBStore

COMMITS = 6


async def commit_through(store, refused):
    """Six commits; returns the numbers that were acknowledged."""
    acked = []
    for n in range(COMMITS):
        try:
            await store.commit([Put("jobs", f"j{n}", {"pad": "x" * 3000}), Append({"n": n})])
            acked.append(n)
        except refused:
            assert store.get("jobs", f"j{n}") is None
            assert store.last_event() == len(acked)
    return acked


async def found(data_dir):
    store = TinyDBStore(data_dir)
    await store.open()
    events = [event["n"] for event in await store.events(after=0, limit=100)]
    assert sorted(doc["id"] for doc in store.find("jobs")) == [f"j{n}" for n in sorted(events)]
    await store.close()
    return events


async def opened(data_dir, vfs):
    """The store on a failing disk, or None where the failure hit its opening."""
    store = TinyDBStore(data_dir, connect=partial(Coat, vfs=vfs.name))
    try:
        await store.open()
    except TensorFleetError:
        return None
    return store


async def first_call_of_commits(tmp_path):
    vfs = Failing(apsw.FullError, at=-1)
    store = await opened(tmp_path / "dry", vfs)
    first = vfs.calls + 1
    await commit_through(store, ())
    last = vfs.calls
    await store.close()
    return first, last


def test_a_full_disk_refuses_and_then_goes_on(tmp_path):
    async def main():
        first, last = await first_call_of_commits(tmp_path)
        for at in range(first, last + 1):
            data_dir = tmp_path / f"full-{at}"
            vfs = Failing(apsw.FullError, at)
            store = await opened(data_dir, vfs)
            acked = await commit_through(store, StoreFull)
            assert len(acked) == COMMITS - 1, f"call {at}"
            await store.close()
            assert await found(data_dir) == acked

    asyncio.run(main())


@pytest.mark.parametrize("error", [apsw.IOError, apsw.CorruptError, apsw.NoMemError])
def test_any_other_failure_is_final_and_what_was_acknowledged_is_kept(tmp_path, error):
    async def main():
        first, last = await first_call_of_commits(tmp_path)
        for at in range(first, last + 1):
            data_dir = tmp_path / f"failed-{at}"
            vfs = Failing(error, at)
            store = await opened(data_dir, vfs)
            acked = await commit_through(store, StoreFailed)
            assert acked == list(range(len(acked))), "a commit went through after a failure"
            assert len(acked) < COMMITS
            assert store.count("jobs") == len(acked), "readers see what was acknowledged"
            await store.close()
            after = await found(data_dir)
            assert after[: len(acked)] == acked
            assert len(after) <= len(acked) + 1

    asyncio.run(main())


def test_a_failure_while_opening_is_told_and_the_next_start_works(tmp_path):
    async def main():
        first, _ = await first_call_of_commits(tmp_path)
        for at in range(1, first):
            data_dir = tmp_path / f"opening-{at}"
            assert await opened(data_dir, Failing(apsw.IOError, at)) is None
            assert await found(data_dir) == []

    asyncio.run(main())
