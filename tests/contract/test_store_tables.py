"""The tables are TinyDB's: its queries work, its writes change single documents durably, whole-table writes raise."""

import asyncio

import pytest
from tinydb import Query
from tinydb.operations import increment
from tinydb.table import Document

from tensorfleet.errors import RevisionConflict
from tensorfleet.store.port import Put
from tensorfleet.store.tinydb import TinyDBStore, WholeTableWrite

Job = Query()


@pytest.fixture
def store(loop, tmp_path):
    store = TinyDBStore(tmp_path)
    loop.run(store.open())
    loop.run(store.commit([Put("jobs", f"j{n}", {"n": n, "spec": {"gpus": n % 2}, "tags": ["x"]}) for n in range(4)]))
    yield store
    loop.run(store.close())


def test_queries_reach_into_documents(store):
    jobs = store.table("jobs")
    assert [doc.doc_id for doc in jobs.search((Job.spec.gpus == 1) & (Job.n > 1))] == ["j3"]
    assert jobs.get(Job.n == 2)["id"] == "j2"
    assert jobs.get(doc_id="j1")["n"] == 1
    assert [doc["id"] for doc in jobs.get(doc_ids=["j1", "ghost", "j0"])] == ["j1", "j0"]
    assert jobs.get(Job.n == 9) is None
    assert jobs.count(Job.tags.any(["x"])) == len(jobs) == len(jobs.all()) == 4
    assert jobs.contains(doc_id="j0")


def test_what_a_table_hands_out_is_a_copy(store):
    jobs = store.table("jobs")
    for doc in (jobs.get(doc_id="j0"), jobs.search(Job.n == 0)[0], jobs.all()[0], next(iter(jobs))):
        doc["spec"]["gpus"] = 99
    assert not jobs.contains(Job.spec.gpus == 99)


def test_writes_are_seen_at_once_and_after_a_restart(loop, store):
    jobs = store.table("jobs")
    assert jobs.insert({"id": "new", "n": 10}) == "new"
    assert jobs.insert(Document({"n": 11}, "newer")) == "newer"
    assert jobs.update({"n": 20}, Job.n == 0) == ["j0"]
    assert jobs.update(increment("n"), doc_ids=["j1", "ghost"]) == ["j1"]
    assert jobs.upsert(Document({"n": 30}, "j2")) == ["j2"]
    assert jobs.upsert({"id": "newest", "n": 40}, Job.id == "newest") == ["newest"]
    assert jobs.remove(doc_ids=["j3"]) == ["j3"]
    before = jobs.all()
    assert {doc["id"]: (doc["n"], doc["rev"]) for doc in before} == {
        "j0": (20, 2),
        "j1": (2, 2),
        "j2": (30, 2),
        "new": (10, 1),
        "newer": (11, 1),
        "newest": (40, 1),
    }
    loop.run(store.close())
    loop.run(store.open())
    assert sorted(map(str, store.table("jobs").all())) == sorted(map(str, before))


def test_a_tables_writes_keep_their_place_among_commits(loop, store):
    async def both():
        pending = [asyncio.ensure_future(store.commit([Put("jobs", "j0", {"n": n})])) for n in range(100, 150)]
        await asyncio.sleep(0)
        store.table("jobs").update({"n": -1}, doc_ids=["j1"])
        assert store.get("jobs", "j0")["n"] == 149
        await asyncio.gather(*pending)

    loop.run(both())
    assert store.get("jobs", "j1")["n"] == -1


def test_an_id_is_needed_and_used_once(store):
    with pytest.raises(ValueError, match="needs an id"):
        store.table("jobs").insert({"n": 1})
    with pytest.raises(RevisionConflict):
        store.table("jobs").insert({"id": "j0"})


@pytest.mark.parametrize(
    "write",
    [
        lambda jobs: jobs.truncate(),
        lambda jobs: jobs.remove(),
        lambda jobs: jobs.update_multiple([({"n": 1}, Job.n == 0)]),
        lambda jobs: jobs.storage.write({}),
    ],
)
def test_whole_table_writes_raise(store, write):
    with pytest.raises(WholeTableWrite):
        write(store.table("jobs"))
    assert len(store.table("jobs")) == 4
