"""Readers see copies of what is committed, in the order of its keys."""

import pytest
from tinydb import Query

from tensorfleet.store.port import Append, Delete, Put


@pytest.fixture
def jobs(loop, store):
    """Five documents whose order is not that of their ids."""
    orders = {"e": "1", "d": "2", "c": "3", "b": "4", "a": "5"}
    loop.run(
        store.commit([Put("jobs", id, {"order": order, "odd": int(order) % 2 == 1}) for id, order in orders.items()])
    )
    return store


def ids(docs):
    return "".join(doc["id"] for doc in docs)


def test_what_a_reader_changes_is_its_own(loop, store):
    loop.run(store.commit([Put("jobs", "a", {"list": [1]}), Append({"list": [1]})]))
    for read in (
        lambda: store.get("jobs", "a"),
        lambda: store.find("jobs")[0],
        lambda: store.page("jobs", after=None, limit=1)[0],
        lambda: loop.run(store.events(after=0, limit=1))[0],
    ):
        read()["list"].append(2)
        assert read()["list"] == [1]


def test_the_events_of_a_commit_are_the_callers_own(loop, store):
    loop.run(store.commit([Append({"list": [1]})])).events[0]["list"].append(2)
    assert loop.run(store.events(after=0, limit=1))[0]["list"] == [1]


def test_what_is_not_there_is_none_or_empty(loop, store):
    assert store.get("jobs", "a") is None
    assert store.find("nothing") == store.page("nothing", after=None, limit=5) == []
    assert store.count("nothing") == store.last_event() == 0
    assert loop.run(store.events(after=0, limit=5)) == []


def test_find_picks_in_order(jobs):
    assert ids(jobs.find("jobs")) == "edcba"
    assert ids(jobs.find("jobs", lambda doc: doc["odd"])) == "eca"
    assert ids(jobs.find("jobs", Query().odd == False)) == "db"  # noqa: E712  # how TinyDB says it


def test_pages_run_newest_first_and_continue_after_a_key(jobs):
    assert ids(jobs.page("jobs", after=None, limit=2)) == "ab"
    assert ids(jobs.page("jobs", after="4", limit=2)) == "cd"
    assert ids(jobs.page("jobs", after="1", limit=2)) == ""


def test_pages_run_oldest_first_too(jobs):
    assert ids(jobs.page("jobs", after=None, limit=2, newest_first=False)) == "ed"
    assert ids(jobs.page("jobs", after="2", limit=9, newest_first=False)) == "cba"


def test_pages_pick(jobs):
    assert ids(jobs.page("jobs", where=lambda doc: doc["odd"], after="5", limit=1)) == "c"


def test_a_cursor_survives_the_document_it_names(loop, jobs):
    loop.run(jobs.commit([Delete("jobs", "b")]))
    assert ids(jobs.page("jobs", after="4", limit=9)) == "cde"
    assert ids(jobs.page("jobs", after="4", limit=9, newest_first=False)) == "a"


def test_a_page_of_nothing_is_empty(jobs):
    assert jobs.page("jobs", after=None, limit=0) == []


def test_a_changed_order_moves_the_document(loop, jobs):
    loop.run(jobs.commit([Put("jobs", "e", {"order": "9"})]))
    assert ids(jobs.find("jobs")) == "dcbae"
    assert jobs.count("jobs") == 5


def test_without_an_order_the_id_is_the_key(loop, store):
    loop.run(store.commit([Put("nodes", id, {}) for id in "bac"]))
    assert ids(store.find("nodes")) == "abc"
    assert ids(store.page("nodes", after="c", limit=9)) == "ba"


def test_events_are_numbered_without_gaps_and_read_from_any_place(loop, store):
    for n in range(10):
        loop.run(store.commit([Append({"n": n, "job": "odd" if n % 2 else "even"})]))
    assert store.last_event() == 10
    read = loop.run(store.events(after=7, limit=2))
    assert read == [{"id": 8, "n": 7, "job": "odd"}, {"id": 9, "n": 8, "job": "even"}]
    assert [event["id"] for event in loop.run(store.events(after=3, limit=2, job="odd"))] == [4, 6]
    assert loop.run(store.events(after=10, limit=5)) == loop.run(store.events(after=10**30, limit=5)) == []


def test_events_are_the_same_before_and_after_a_restart(loop, body):
    loop.run(body.store.commit([Append({"n": n, "job": "j" if n % 3 == 0 else None}) for n in range(50)]))
    questions = [
        (0, 100, None),
        (-(10**30), 2, None),
        (0, -1, None),
        (10**30, 5, "j"),
        (10, 5, None),
        (0, 100, "j"),
        (20, 3, "j"),
        (0, 9, "nobody"),
    ]

    async def answers():
        return [await body.store.events(after=after, limit=limit, job=job) for after, limit, job in questions]

    before = loop.run(answers())
    loop.run(body.crash())
    assert loop.run(answers()) == before
    loop.run(body.store.commit([Append({"n": 50})]))
    assert [event["id"] for event in loop.run(body.store.events(after=48, limit=9))] == [49, 50, 51]
