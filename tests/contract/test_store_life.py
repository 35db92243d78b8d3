"""What was acknowledged is there in the next life, and a backup holds everything."""

import asyncio

import pytest

from tensorfleet.errors import RevisionConflict, StoreFailed
from tensorfleet.store.port import Append, Delete, Put


def test_documents_revisions_and_events_survive_a_restart(loop, body):
    loop.run(
        body.store.commit([Put("jobs", "a", {}), Put("jobs", "a", {"n": 2}), Put("jobs", "b", {}), Append({"k": 1})])
    )
    loop.run(body.store.commit([Delete("jobs", "b")]))
    loop.run(body.store.close())
    loop.run(body.store.open())
    assert body.store.find("jobs") == [{"id": "a", "rev": 2, "n": 2}]
    assert body.store.last_event() == 1
    with pytest.raises(RevisionConflict):
        loop.run(body.store.commit([Put("jobs", "a", {}, expect=1)]))
    assert loop.run(body.store.commit([Put("jobs", "a", {}, expect=2), Append({})])).events[0]["id"] == 2


def test_they_survive_a_crash(loop, body):
    loop.run(body.store.commit([Put("jobs", "a", {"n": 1}), Append({"k": 1})]))
    loop.run(body.crash())
    assert body.store.get("jobs", "a") == {"id": "a", "rev": 1, "n": 1}
    assert loop.run(body.store.events(after=0, limit=5)) == [{"k": 1, "id": 1}]


def test_a_closed_store_takes_no_commit(loop, body):
    loop.run(body.store.close())
    loop.run(body.store.close())
    with pytest.raises(StoreFailed):
        loop.run(body.store.commit([Put("jobs", "a", {})]))


def test_closing_finishes_what_was_begun(loop, body):
    async def close_behind_a_commit():
        async with asyncio.TaskGroup() as tasks:
            commit = tasks.create_task(body.store.commit([Put("jobs", "a", {})]))
            await asyncio.sleep(0)
            await body.store.close()
        return commit.result()

    assert loop.run(close_behind_a_commit()).revisions == (1,)
    loop.run(body.store.open())
    assert body.store.count("jobs") == 1


def test_a_backup_appears_whole(loop, store, tmp_path):
    loop.run(store.commit([Put("jobs", "a", {}), Append({})]))
    target = tmp_path / "backup"
    loop.run(store.backup(target))
    loop.run(store.backup(target))
    assert target.stat().st_size > 0
    assert list(tmp_path.glob("backup*")) == [target]
