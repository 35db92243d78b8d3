"""Old data loads: documents and events of every schema so far, brought forward when they are read."""

import asyncio
import shutil
from pathlib import Path

from tensorfleet.store.migrate import EVENTS, Schema, Step
from tensorfleet.store.port import Append, Put
from tensorfleet.store.tinydb import FILE, TinyDBStore

GOLDEN = Path(__file__).parents[1] / "golden"
STEPS = (
    Step(2, "jobs", lambda doc: {**doc, "title": doc.pop("name")}),
    Step(2, EVENTS, lambda event: {**event, "kind": event["kind"].upper()}),
    Step(3, "jobs", lambda doc: {**doc, "title": doc["title"] + "!"}),
)


async def life(data_dir, version, writes=()):
    """One life under a schema: commits, and returns all jobs and events."""
    store = TinyDBStore(data_dir, schema=Schema(version, STEPS))
    await store.open()
    await store.commit(writes)
    seen = store.find("jobs"), await store.events(after=0, limit=100)
    await store.close()
    return seen


def test_documents_and_events_go_through_every_step_they_missed(tmp_path):
    old = [Put("jobs", "a", {"name": "one"}), Put("nodes", "n", {"name": "left alone"}), Append({"kind": "old"})]
    asyncio.run(life(tmp_path, 1, old))
    asyncio.run(life(tmp_path, 2, [Put("jobs", "b", {"title": "two"}), Append({"kind": "NEW"})]))
    for _ in range(2):
        jobs, events = asyncio.run(life(tmp_path, 3))
        assert [(doc["id"], doc["title"], doc["rev"]) for doc in jobs] == [("a", "one!", 1), ("b", "two!", 1)]
        assert [event["kind"] for event in events] == ["OLD", "NEW"]


def test_the_database_as_it_was_is_kept_beside_the_migrated_one(tmp_path):
    asyncio.run(life(tmp_path / "data", 1, [Put("jobs", "a", {"name": "one"})]))
    asyncio.run(life(tmp_path / "data", 2, [Put("jobs", "a", {"title": "changed"})]))
    (tmp_path / "back").mkdir()
    shutil.copy(tmp_path / "data" / f"{FILE}.schema-1", tmp_path / "back" / FILE)
    jobs, _ = asyncio.run(life(tmp_path / "back", 1))
    assert jobs == [{"id": "a", "name": "one", "rev": 1}]


def test_a_new_database_is_not_backed_up(tmp_path):
    asyncio.run(life(tmp_path, 3))
    assert not list(tmp_path.glob("*.schema-*"))


def test_the_first_schema_still_loads(tmp_path):
    shutil.copy(GOLDEN / "state-1.db", tmp_path / FILE)

    async def load():
        store = TinyDBStore(tmp_path)
        await store.open()
        seen = store.find("jobs"), await store.events(after=0, limit=10, job="a")
        await store.close()
        return seen

    jobs, events = asyncio.run(load())
    assert jobs == [{"id": "a", "rev": 2, "name": "digits", "state": "queued"}]
    assert events == [{"id": 1, "kind": "job.queued", "job": "a", "at": 1000.5}]
