"""The shell: one durable transaction a batch, nothing told before it, and a fault costs one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tensorfleet.core.actions import Action
from tensorfleet.core.inputs import Heard, NodeConnected, NodeJoined, Now, Stop, Submit, Tick
from tensorfleet.core.job import CauseCode, JobState
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Kind, Request
from tensorfleet.errors import Conflict, Corrupt, Fault, NotFound, StoreFailed, StoreFull
from tensorfleet.head.bus import EVENTS, Bus
from tensorfleet.head.shell import Shell
from tensorfleet.store.faulty import Fault as StoreFault
from tensorfleet.store.faulty import FaultyStore
from tensorfleet.store.memory import MemoryStore
from tensorfleet.store.port import Put, Store
from unit.fleets import facts, spec


def with_shell(store: Store, what: Callable[[Shell, list[Action], Bus], Awaitable[None]]) -> None:
    async def main() -> None:
        await store.open()
        sent: list[Action] = []
        bus = Bus()
        shell = Shell(store, bus, sent.append)
        running = asyncio.ensure_future(shell.run())
        try:
            async with asyncio.timeout(10):
                await what(shell, sent, bus)
        finally:
            running.cancel()
            await asyncio.wait([running])
            await store.close()

    asyncio.run(main())


async def add_node(shell: Shell) -> None:
    await shell.ask(NodeJoined(Node("id-a", "a"), "test"))
    await shell.ask(NodeConnected("id-a", facts(node="a"), ()))


def test_a_submit_is_stored_with_its_event_before_it_is_answered() -> None:
    store = MemoryStore()

    async def check(shell: Shell, sent: list[Action], bus: Bus) -> None:
        job = await shell.submit(spec(Request()), "ada", "vision")
        doc = store.get("jobs", job)
        assert doc is not None
        assert doc["owner"] == "ada"
        assert [event["kind"] for event in await store.events(after=0, limit=10)] == ["job.queued"]
        assert bus.count(EVENTS) == 1

    with_shell(store, check)


def test_when_the_disk_is_full_nobody_is_told_and_nothing_is_remembered() -> None:
    async def check(shell: Shell, sent: list[Action], bus: Bus) -> None:
        await add_node(shell)
        with pytest.raises(StoreFull):
            await shell.submit(spec(Request()), "ada", "vision")
        assert sent == []
        assert shell.jobs(lambda _: True, None, 10) == ([], None)
        job = await shell.submit(spec(Request()), "ada", "vision")
        assert shell.job(job)[0].state is JobState.STARTING
        assert len(sent) == 1

    with_shell(FaultyStore(MemoryStore(), {3: StoreFault.FULL}.get), check)


def test_a_failed_store_ends_the_loop() -> None:
    async def check(shell: Shell, sent: list[Action], bus: Bus) -> None:
        with pytest.raises(StoreFailed):
            await shell.submit(spec(Request()), "ada", "vision")

    with_shell(FaultyStore(MemoryStore(), {1: StoreFault.BEFORE}.get), check)


def test_a_fault_in_a_decision_costs_that_request_only() -> None:
    async def check(shell: Shell, sent: list[Action], bus: Bus) -> None:
        await add_node(shell)
        nonsense = Submit("bad", spec(Request(Kind.SLOT, ranks="many")), "ada", "vision")  # type: ignore[arg-type]
        results = await asyncio.gather(
            shell.submit(spec(Request()), "ada", "vision"),
            shell.ask(nonsense),
            shell.submit(spec(Request()), "ada", "vision"),
            return_exceptions=True,
        )
        assert isinstance(results[1], Fault)
        for job in (results[0], results[2]):
            assert shell.job(str(job))[0].state is JobState.STARTING

    with_shell(MemoryStore(), check)


def test_stopping_what_is_over_is_a_conflict_and_what_never_was_is_not_found() -> None:
    async def check(shell: Shell, sent: list[Action], bus: Bus) -> None:
        job = await shell.submit(spec(Request(), name="mine"), "ada", "vision")
        await shell.stop("mine", "ada", CauseCode.STOPPED)
        with pytest.raises(Conflict, match="already cancelled"):
            await shell.stop(job, "ada", CauseCode.STOPPED)
        with pytest.raises(NotFound):
            await shell.stop("other", "ada", CauseCode.STOPPED)
        with pytest.raises(NotFound):
            await shell.ask(Stop("other", "ada", CauseCode.KILLED))

    with_shell(MemoryStore(), check)


def test_a_restarted_shell_knows_every_job() -> None:
    store = MemoryStore()

    async def submit(shell: Shell, sent: list[Action], bus: Bus) -> None:
        for number in range(5):
            await shell.submit(spec(Request(), name=f"job-{number}"), "ada", "vision")
        await shell.stop("job-0", "ada", CauseCode.STOPPED)

    async def look(shell: Shell, sent: list[Action], bus: Bus) -> None:
        page, cursor = shell.jobs(lambda _: True, None, 3)
        rest, end = shell.jobs(lambda _: True, cursor, 3)
        assert [job.spec.name for job, _ in page + rest] == ["job-4", "job-3", "job-2", "job-1", "job-0"]
        assert end is None
        assert shell.job("job-0")[0].state is JobState.CANCELLED
        assert sorted(job.spec.name for job in shell.control.fleet.waiting()) == ["job-1", "job-2", "job-3", "job-4"]

    with_shell(store, submit)
    with_shell(store, look)


def test_what_waited_with_a_tick_is_heard_before_silence_is_judged() -> None:
    store = MemoryStore()
    mono = 0.0

    async def check() -> None:
        nonlocal mono
        await store.open()
        shell = Shell(store, Bus(), lambda _: None, lambda: Now(1000.0 + mono, mono))
        running = asyncio.ensure_future(shell.run())
        async with asyncio.timeout(10):
            await add_node(shell)
            for _ in range(4):  # the head itself is never away for long
                await shell.ask(Tick())
                mono += 2.8
            waiting = asyncio.ensure_future(shell.ask(Tick()))
            await asyncio.sleep(0)
            shell.tell(Heard("id-a"))
            await waiting
        running.cancel()
        await asyncio.wait([running])
        events = [event["kind"] for event in await store.events(after=0, limit=10)]
        await store.close()
        assert events == ["node.joined", "node.online"]

    asyncio.run(check())


def test_a_job_that_cannot_be_read_is_set_aside_and_the_others_go_on() -> None:
    async def main() -> list[str]:
        store = MemoryStore()
        await store.open()
        before = Shell(store, Bus(), lambda command: None)
        running = asyncio.ensure_future(before.run())
        good = await before.submit(spec(Request()), "ada", "vision")
        await store.commit([Put("jobs", "jbad", {"id": "jbad", "spec": "nonsense"})])
        running.cancel()
        await asyncio.wait([running])
        after = Shell(store, Bus(), lambda command: None)
        running = asyncio.ensure_future(after.run())
        await after.ask(Tick())
        assert after.job(good)[0].state is JobState.QUEUED
        with pytest.raises(Corrupt, match="jbad"):
            after.job("jbad")
        events = await store.events(after=0, limit=10)
        running.cancel()
        await asyncio.wait([running])
        await store.close()
        return [event["kind"] for event in events]

    assert asyncio.run(main()) == ["job.queued", "job.quarantined"]
