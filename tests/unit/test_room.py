"""A commit that a full disk refuses is tried once more with the reserve given up; only what is new is refused."""

from __future__ import annotations

import asyncio

import pytest

from tensorfleet.core.inputs import NodeJoined
from tensorfleet.core.node import Fill, Node
from tensorfleet.core.resources import Request
from tensorfleet.errors import StoreFull
from tensorfleet.head.bus import Bus
from tensorfleet.head.room import Room
from tensorfleet.head.shell import Shell
from tensorfleet.store.faulty import Fault, FaultyStore
from tensorfleet.store.memory import MemoryStore
from unit.fleets import spec


class Ballast(Room):
    """Room for one more."""

    def __init__(self) -> None:
        self.held = True

    def check(self) -> None:
        if self.fill is Fill.FULL:
            raise StoreFull("full")

    def release(self) -> bool:
        held, self.held, self.fill = self.held, False, Fill.FULL
        return held


def test_the_reserve_is_given_up_for_what_cannot_wait() -> None:
    async def main() -> None:
        room = Ballast()
        store = FaultyStore(MemoryStore(), lambda commit: Fault.FULL if commit != 2 else None)
        await store.open()
        shell = Shell(store, Bus(), lambda _: None, room=room)
        running = asyncio.ensure_future(shell.run())
        try:
            async with asyncio.timeout(10):
                await shell.ask(NodeJoined(Node("id-a", "a"), "test"))
                assert not room.held
                before = store.commits
                with pytest.raises(StoreFull):
                    await shell.submit(spec(Request()), "ada", "vision")
                assert store.commits == before
        finally:
            running.cancel()
            await asyncio.wait([running])
            await store.close()

    asyncio.run(main())
