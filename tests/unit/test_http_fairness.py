"""Streams take turns, and failures are counted by address: nobody waits for everybody."""

from __future__ import annotations

import asyncio

from tensorfleet.head.http.bucket import ADDRESSES, RATE, SIZE, Buckets
from tensorfleet.head.http.pacer import WIDTH, Pacer


def test_turns_are_given_in_order_a_few_in_each_pass_of_the_loop() -> None:
    async def scene() -> tuple[list[int], int]:
        pacer, order, passes = Pacer(), [], 0

        async def waiting(number: int) -> None:
            await pacer.turn()
            order.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(10 * WIDTH):
                group.create_task(waiting(number))
            while len(order) < 10 * WIDTH:
                before = len(order)
                await asyncio.sleep(0)
                assert len(order) - before <= WIDTH
                passes += 1
        return order, passes

    order, passes = asyncio.run(scene())
    assert order == list(range(10 * WIDTH))
    assert passes >= 10


def test_one_that_gave_up_takes_no_turn_away() -> None:
    async def scene() -> None:
        pacer = Pacer()
        gone = [asyncio.ensure_future(pacer.turn()) for _ in range(3 * WIDTH)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await asyncio.wait_for(pacer.turn(), 1.0)

    asyncio.run(scene())


def test_an_address_gets_its_share_back_with_time_and_takes_none_of_others() -> None:
    now = 0.0
    buckets = Buckets(lambda: now)
    assert [buckets.take("a") for _ in range(int(SIZE) + 1)] == [True] * int(SIZE) + [False]
    assert buckets.take("b")
    now = 2.0 / RATE
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]


def test_no_more_addresses_are_remembered_than_there_is_room_for() -> None:
    buckets = Buckets(lambda: 0.0)
    for number in range(ADDRESSES + 10):
        buckets.take(str(number))
    assert len(buckets._left) == ADDRESSES
