"""Any run of commits, restarts and crashes leaves what a dict would hold, and all that was acknowledged."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from store_bodies import KINDS, StoreBody

from tensorfleet.errors import RevisionConflict
from tensorfleet.store.port import Append, Delete, Put

IDS = some.sampled_from("abc")
EXPECT = some.sampled_from([None, None, 0, 1, 2])
WRITES = some.lists(
    some.one_of(
        some.builds(Put, some.just("jobs"), IDS, some.fixed_dictionaries({"n": some.integers(0, 9)}), EXPECT),
        some.builds(Delete, some.just("jobs"), IDS, EXPECT),
        some.builds(Append, some.fixed_dictionaries({"job": IDS})),
    ),
    max_size=4,
)


class Model:
    """What a store is: a dict and a list."""

    def __init__(self, documents=(), events=()):
        self.documents = dict(documents)
        self.events = list(events)

    def after(self, writes):
        """The model after `writes`, or None if they are refused."""
        new = Model(self.documents, self.events)
        for write in writes:
            if isinstance(write, Append):
                new.events.append({**write.event, "id": len(new.events) + 1})
                continue
            rev = new.documents.get(write.id, {"rev": 0})["rev"]
            if write.expect not in (None, rev):
                return None
            if isinstance(write, Put):
                new.documents[write.id] = {**write.doc, "id": write.id, "rev": rev + 1}
            else:
                new.documents.pop(write.id, None)
        return new

    def __eq__(self, other):
        return (self.documents, self.events) == (other.documents, other.events)


class StoreMachine(RuleBasedStateMachine):
    kind = ""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.Runner()
        self.body = StoreBody(self.kind)
        self.loop.run(self.body.store.open())
        self.model = Model()

    @rule(writes=WRITES)
    def commit(self, writes):
        after = self.model.after(writes)
        try:
            self.loop.run(self.body.store.commit(writes))
        except RevisionConflict:
            assert after is None
        else:
            assert after is not None
            self.model = after

    @rule(group=some.lists(WRITES, min_size=2, max_size=4))
    def commit_together(self, group):
        async def together():
            return await asyncio.gather(*map(self.body.store.commit, group), return_exceptions=True)

        for writes, outcome in zip(group, self.loop.run(together()), strict=True):
            after = self.model.after(writes)
            assert isinstance(outcome, RevisionConflict) == (after is None)
            self.model = after or self.model

    @rule()
    def restart(self):
        self.loop.run(self.body.store.close())
        self.loop.run(self.body.store.open())

    @rule()
    def crash(self):
        self.loop.run(self.body.crash())

    @precondition(lambda self: self.kind == "tinydb")
    @rule(writes=WRITES)
    def crash_during_a_commit(self, writes):
        """What was not acknowledged is there whole or not at all."""

        async def half():
            pending = asyncio.ensure_future(self.body.store.commit(writes))
            await asyncio.sleep(0)
            await self.body.crash()
            await asyncio.gather(pending, return_exceptions=True)

        self.loop.run(half())
        found = self.seen()
        assert found in (self.model, self.model.after(writes) or self.model)
        self.model = found

    @invariant()
    def readers_see_the_model(self):
        assert self.seen() == self.model
        assert self.body.store.last_event() == len(self.model.events)

    def seen(self):
        store = self.body.store
        events = self.loop.run(store.events(after=0, limit=1000))
        assert self.loop.run(store.events(after=0, limit=1000, job="a")) == [e for e in events if e["job"] == "a"]
        return Model({doc["id"]: doc for doc in store.find("jobs")}, events)

    def teardown(self):
        self.loop.run(self.body.store.close())
        self.loop.close()
        self.body.remove()


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_is_a_dict_that_survives(kind):
    machine = type("Machine", (StoreMachine,), {"kind": kind})
    examples = 30 if kind == "tinydb" else 60
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
