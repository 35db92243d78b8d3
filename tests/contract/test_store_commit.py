"""A commit is whole, in order, checked against revisions, and independent of what its caller does afterwards."""

import asyncio

import pytest

from tensorfleet.errors import InvalidRequest, RevisionConflict, TooLarge
from tensorfleet.store.port import MAX_DOCUMENT, MAX_ID, Append, Delete, Put

ENDLESS = {}
ENDLESS["x"] = ENDLESS


def test_a_new_document_has_revision_one_and_each_put_the_next(loop, store):
    first = loop.run(store.commit([Put("jobs", "a", {"n": 1})]))
    second = loop.run(store.commit([Put("jobs", "a", {"n": 2}), Put("jobs", "b", {})]))
    assert (first.revisions, second.revisions) == ((1,), (2, 1))
    assert store.get("jobs", "a") == {"id": "a", "rev": 2, "n": 2}


def test_what_a_document_says_of_its_id_and_revision_is_ignored(loop, store):
    loop.run(store.commit([Put("jobs", "a", {"id": "other", "rev": 7})]))
    assert store.get("jobs", "a") == {"id": "a", "rev": 1}


@pytest.mark.parametrize("write", [Put("jobs", "a", {"n": 9}, expect=1), Delete("jobs", "a", expect=3)])
def test_an_old_revision_is_refused(loop, store, write):
    loop.run(store.commit([Put("jobs", "a", {}), Put("jobs", "a", {"n": 2})]))
    with pytest.raises(RevisionConflict, match="jobs/a is at revision 2"):
        loop.run(store.commit([write]))
    assert store.get("jobs", "a") == {"id": "a", "rev": 2, "n": 2}


def test_expecting_nothing_refuses_what_exists_and_allows_what_was_deleted(loop, store):
    loop.run(store.commit([Put("keys", "k", {}, expect=0)]))
    with pytest.raises(RevisionConflict, match="exists already"):
        loop.run(store.commit([Put("keys", "k", {}, expect=0)]))
    loop.run(store.commit([Delete("keys", "k", expect=1)]))
    assert loop.run(store.commit([Put("keys", "k", {}, expect=0)])).revisions == (1,)


def test_expecting_a_revision_of_what_is_not_there_is_refused(loop, store):
    with pytest.raises(RevisionConflict, match="is not there"):
        loop.run(store.commit([Put("jobs", "ghost", {}, expect=1)]))
    loop.run(store.commit([Delete("jobs", "ghost")]))


def test_one_refused_write_undoes_the_whole_commit(loop, store):
    with pytest.raises(RevisionConflict):
        loop.run(store.commit([Put("jobs", "a", {}), Append({"kind": "x"}), Put("jobs", "b", {}, expect=4)]))
    assert store.get("jobs", "a") is None
    assert store.last_event() == 0
    assert loop.run(store.commit([Append({"kind": "y"})])).events == ({"kind": "y", "id": 1},)


def test_writes_of_one_commit_see_each_other(loop, store):
    writes = [
        Put("jobs", "a", {"n": 1}, expect=0),
        Put("jobs", "a", {"n": 2}, expect=1),
        Delete("jobs", "a", expect=2),
        Put("jobs", "a", {"n": 3}, expect=0),
        Put("jobs", "b", {}),
        Delete("jobs", "b"),
    ]
    assert loop.run(store.commit(writes)).revisions == (1, 2, 1, 1)
    assert store.find("jobs") == [{"id": "a", "rev": 1, "n": 3}]


def test_the_same_id_in_two_collections_is_two_documents(loop, store):
    loop.run(store.commit([Put("jobs", "a", {"n": 1}), Put("nodes", "a", {"n": 2})]))
    assert (store.get("jobs", "a")["n"], store.get("nodes", "a")["n"]) == (1, 2)


def test_concurrent_commits_take_effect_in_the_order_they_were_called(loop, store):
    async def race():
        commits = [store.commit([Put("jobs", "a", {"n": n}), Append({"n": n})]) for n in range(300)]
        return await asyncio.gather(*commits)

    results = loop.run(race())
    assert [result.revisions for result in results] == [(n + 1,) for n in range(300)]
    assert [result.events[0]["id"] for result in results] == [n + 1 for n in range(300)]
    assert store.get("jobs", "a") == {"id": "a", "rev": 300, "n": 299}


def test_no_update_is_lost_between_writers_that_check_revisions(loop, store):
    async def add():
        while True:
            doc = store.get("meta", "sum") or {"rev": 0, "n": 0}
            try:
                return await store.commit([Put("meta", "sum", {"n": doc["n"] + 1}, expect=doc["rev"])])
            except RevisionConflict:
                continue

    async def race():
        await asyncio.gather(*(add() for _ in range(20)))

    loop.run(race())
    assert store.get("meta", "sum")["n"] == 20


def test_a_conflict_does_not_touch_its_neighbours(loop, store):
    async def race():
        return await asyncio.gather(
            store.commit([Put("jobs", "a", {})]),
            store.commit([Put("jobs", "a", {}, expect=0), Append({"kind": "never"})]),
            store.commit([Put("jobs", "b", {}), Append({"kind": "after"})]),
            return_exceptions=True,
        )

    first, second, third = loop.run(race())
    assert first.revisions == third.revisions == (1,)
    assert isinstance(second, RevisionConflict)
    assert loop.run(store.events(after=0, limit=9)) == [{"kind": "after", "id": 1}]


def test_an_empty_commit_is_one_too(loop, store):
    assert loop.run(store.commit([])).revisions == ()


def test_the_caller_may_change_its_document_at_once(loop, store):
    doc = {"list": [1]}

    async def change():
        pending = asyncio.ensure_future(store.commit([Put("jobs", "a", doc), Append(doc)]))
        await asyncio.sleep(0)
        doc["list"].append(2)
        await pending

    loop.run(change())
    assert store.get("jobs", "a")["list"] == [1]
    assert loop.run(store.events(after=0, limit=1))[0]["list"] == [1]


def test_memory_holds_what_a_restart_would_load(loop, store):
    loop.run(store.commit([Put("jobs", "a", {"pair": (1, 2), 3: "key"})]))
    assert store.get("jobs", "a") == {"id": "a", "rev": 1, "pair": [1, 2], "3": "key"}


def test_a_commit_whose_caller_gave_up_is_shown_all_the_same(loop, store):
    async def give_up():
        pending = asyncio.ensure_future(store.commit([Put("jobs", "a", {})]))
        await asyncio.sleep(0)
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        await store.commit([])

    loop.run(give_up())
    assert store.get("jobs", "a") is not None


@pytest.mark.parametrize(
    "write",
    [
        Put("jobs", "", {}),
        Put("jobs", "x" * (MAX_ID + 1), {}),
        Delete("jobs", ""),
        Put("jobs", "a", {"x": object()}),
        Put("jobs", "a", ENDLESS),
        Put("jobs", "a", {"x": "\ud800"}),
        Put("jobs", "\ud800", {}),
        Put("jobs", "a", {"order": 3}),
        Append({"x": {1: {2: object}}}),
        Append({"job": 3}),
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_changes(loop, store, write):
    with pytest.raises(InvalidRequest):
        loop.run(store.commit([Put("jobs", "before", {}), write]))
    assert store.count("jobs") == 0


def test_a_document_over_the_limit_is_refused(loop, store):
    with pytest.raises(TooLarge):
        loop.run(store.commit([Put("jobs", "a", {"x": "y" * MAX_DOCUMENT})]))
    loop.run(store.commit([Put("jobs", "a", {"x": "y" * (MAX_DOCUMENT - 100)})]))


def test_odd_texts_and_numbers_survive(loop, body):
    odd = {"a\nb\0c": "ü🚀'\"\\", "big": 2**70, "small": -(2**63), "tiny": 5e-324, "none": None, "deep": [[[{}]]]}
    loop.run(body.store.commit([Put("jo bs", "i\nd\0'", odd)]))
    loop.run(body.crash())
    assert body.store.find("jo bs") == [{**odd, "id": "i\nd\0'", "rev": 1}]
