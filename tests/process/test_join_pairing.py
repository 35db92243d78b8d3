"""Joining without a token: it takes a yes on both sides, to the same words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from doors import Door, open_door, run

from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import Confirm, pair
from tensorfleet.errors import InvalidRequest, NotAllowed, NotFound, Unavailable
from tensorfleet.head.waitingroom import PATIENCE, PLACES_FOR_ONE
from tensorfleet.wire.join import PairRequest, PairStatusRequest
from tensorfleet.wire.pairing import Words


def says(answer: bool, shown: list[Words] | None = None) -> Confirm:
    async def confirm(words: Words) -> bool:
        if shown is not None:
            shown.append(words)
        return answer

    return confirm


async def pairing(door: Door, identity: Identity, decide: Callable[[], object], confirm: Confirm) -> None:
    """The machine asks, `decide` is done at the head when it has, and the machine goes on to the end."""
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(pair(identity, await door.address(), "rack-1", confirm))
        await door.pending()
        decide()
        await asking


def test_both_sides_see_the_same_words_and_a_double_yes_joins(tmp_path: Path) -> None:
    async def scene() -> None:
        shown: list[Words] = []
        async with open_door(tmp_path / "head") as door:
            identity = Identity(tmp_path / "agent")

            def approve() -> None:
                (waiting,) = door.joining.pending()
                assert (waiting.node_id, waiting.name, waiting.address) == (identity.node_id, "rack-1", "127.0.0.1")
                door.joining.approve("rack-1", " ".join(waiting.words), "admin")

            await pairing(door, identity, approve, says(True, shown))
            assert identity.joined
            assert len(shown[0]) == 8
            assert door.records.knows(identity.node_id)
            assert door.joining.pending() == []

    run(scene())


def test_words_confirmed_here_but_not_there_join_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = Identity(tmp_path / "agent")
            with pytest.raises(ExceptionGroup) as caught:
                await pairing(door, identity, lambda: door.joining.deny(identity.node_id), says(True))
            assert caught.group_contains(NotAllowed, match="denied this machine")
            assert not identity.joined
            assert not door.records.knows(identity.node_id)

    run(scene())


def test_approved_there_but_not_confirmed_here_joins_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = Identity(tmp_path / "agent")

            async def refuse(words: Words) -> bool:
                door.joining.approve(identity.node_id, " ".join(words), "admin")
                return False

            with pytest.raises(NotAllowed, match="not confirmed on this machine"):
                await pair(identity, await door.address(), "rack-1", refuse)
            assert not identity.joined
            assert identity.fingerprint is None
            assert not door.records.knows(identity.node_id)
            assert door.joining.pending() == []

    run(scene())


def test_the_operator_cannot_approve_by_other_words(tmp_path: Path) -> None:
    """A rogue in the middle shows the machine words that are not the head's; typing those at the head is refused."""

    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "rogue") as rogue:
            shown: list[Words] = []
            identity = Identity(tmp_path / "agent")
            with pytest.raises(NotAllowed):
                await pair(identity, await rogue.address(), "rack-1", says(False, shown))
            await door.joining.pair(PairRequest(identity.csr(), "rack-1"), "127.0.0.1")
            with pytest.raises(InvalidRequest, match="not the words"):
                door.joining.approve("rack-1", " ".join(shown[0]), "admin")
            with pytest.raises(NotFound):
                door.joining.approve("rack-2", " ".join(shown[0]), "admin")

    run(scene())


def test_an_approval_survives_a_second_start_of_the_agent(tmp_path: Path) -> None:
    """Without a terminal the agent shows the words and ends; a second start confirms them."""

    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = Identity(tmp_path / "agent")
            await door.joining.pair(PairRequest(identity.csr(), "rack-1"), "127.0.0.1")
            (waiting,) = door.joining.pending()
            door.joining.approve("rack-1", " ".join(waiting.words), "admin")
            again = Identity(tmp_path / "agent")
            shown: list[Words] = []
            await pair(again, await door.address(), "rack-1", says(True, shown))
            assert shown == [waiting.words]
            assert again.joined

    run(scene())


def test_a_request_is_forgotten_after_ten_minutes(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            answer = await door.joining.pair(PairRequest(Identity(tmp_path / "agent").csr(), "rack-1"), "a")
            door.clock.ahead = PATIENCE + 1
            assert door.joining.pending() == []
            with pytest.raises(NotFound, match="forgotten"):
                await door.joining.pair_status(PairStatusRequest(answer.ticket, True))

    run(scene())


def test_one_address_cannot_take_all_places(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            for number in range(PLACES_FOR_ONE):
                csr = Identity(tmp_path / f"agent-{number}").csr()
                await door.joining.pair(PairRequest(csr, "rack"), "10.0.0.1")
                await door.joining.pair(PairRequest(csr, "rack"), "10.0.0.1")
            one_more = PairRequest(Identity(tmp_path / "one-more").csr(), "rack")
            with pytest.raises(Unavailable, match="Too many"):
                await door.joining.pair(one_more, "10.0.0.1")
            await door.joining.pair(one_more, "10.0.0.2")

    run(scene())


def test_only_who_asked_learns_how_it_stands(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            await door.joining.pair(PairRequest(Identity(tmp_path / "agent").csr(), "rack-1"), "a")
            with pytest.raises(NotFound):
                await door.joining.pair_status(PairStatusRequest(bytes(16), False))
            assert len(door.joining.pending()) == 1

    run(scene())


def test_a_request_that_waits_is_answered_now_and_then(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            asked = await door.joining.pair(PairRequest(Identity(tmp_path / "agent").csr(), "rack-1"), "a")
            answer = await door.joining.pair_status(PairStatusRequest(asked.ticket, True), patience=0.01)
            assert answer.__class__ is asked.__class__

    run(scene())
