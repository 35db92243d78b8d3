"""The faulty store fails just the commits it is told to, in the ways the port allows."""

import asyncio

import pytest

from tensorfleet.errors import StoreFailed, StoreFull
from tensorfleet.store.faulty import Fault, FaultyStore
from tensorfleet.store.memory import MemoryStore
from tensorfleet.store.port import Put


def outcomes(plan):
    """What becomes of three commits, and the documents found after a restart."""

    async def run():
        store = FaultyStore(MemoryStore(), plan.get)
        await store.open()
        told = ""
        for n in range(3):
            try:
                await store.commit([Put("jobs", str(n), {})])
                told += "."
            except (StoreFull, StoreFailed) as error:
                told += "f" if isinstance(error, StoreFull) else "x"
        await store.close()
        await store.open()
        await store.commit([])
        return told, "".join(doc["id"] for doc in store.find("jobs"))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("plan", "told", "kept"),
    [
        ({}, "...", "012"),
        ({2: Fault.FULL}, ".f.", "02"),
        ({2: Fault.BEFORE}, ".xx", "0"),
        ({2: Fault.AFTER}, ".xx", "01"),
    ],
)
def test_each_fault_does_what_it_says(plan, told, kept):
    assert outcomes(plan) == (told, kept)
