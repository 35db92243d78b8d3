"""Joining with a token, over real TLS: who gets in, who does not, and what each is told."""

from __future__ import annotations

from pathlib import Path

import grpc
import msgspec
import pytest
from doors import Door, open_door, run

from tensorfleet.agent.joining.channel import OPTIONS, call_unnamed, node_credentials
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token
from tensorfleet.errors import HeadUnreachable, NotAuthenticated
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.credential import JoinToken
from tensorfleet.wire.join import SERVICE, Answer, Denied, JoinRequest, sign_join


async def who_am_i(door: Door, identity: Identity) -> str:
    """What the session's handler learns about the caller."""
    target = f"127.0.0.1:{door.port}"
    async with grpc.aio.secure_channel(target, node_credentials(identity), options=OPTIONS) as channel:
        stream = channel.stream_stream(f"/{SERVICE}/Session")()
        return bytes(await stream.read()).decode()


def test_a_machine_with_a_token_becomes_a_node(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, _ = await door.joining.make_token("admin")
            identity = Identity(tmp_path / "agent")
            await join_with_token(identity, await door.address(), token, "rack-1")
            node = door.shell.control.fleet.nodes.get(identity.node_id)
            assert node is not None
            assert node.name == "rack-1"
            assert await who_am_i(door, identity) == identity.node_id
            again = Identity(tmp_path / "agent")
            assert (again.joined, again.node_id) == (True, identity.node_id)
            assert again.fingerprint == door.authority.fingerprint
            assert again.targets == (f"127.0.0.1:{door.port}",)

    run(scene())


def test_a_second_machine_of_the_same_name_gets_another_name(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, _ = await door.joining.make_token("admin")
            for folder in ("one", "two"):
                await join_with_token(Identity(tmp_path / folder), await door.address(), token, "rack-1")
            assert {node.name for node in door.shell.control.fleet.nodes.values()} == {"rack-1", "rack-1-2"}

    run(scene())


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, _ = await door.joining.make_token("admin", life=60)
            door.clock.ahead = 61
            with pytest.raises(NotAuthenticated, match=r"has expired\. Ask for a new one"):
                await join_with_token(Identity(tmp_path / "agent"), await door.address(), token, "rack-1")
            assert not list(door.shell.control.fleet.nodes.values())

    run(scene())


def test_a_token_admits_as_many_nodes_as_it_says(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, _ = await door.joining.make_token("admin", uses=1)
            first = Identity(tmp_path / "one")
            await join_with_token(first, await door.address(), token, "rack-1")
            with pytest.raises(NotAuthenticated, match="used up"):
                await join_with_token(Identity(tmp_path / "two"), await door.address(), token, "rack-2")
            await join_with_token(first, await door.address(), token, "rack-1")
            assert len(list(door.shell.control.fleet.nodes.values())) == 1

    run(scene())


def test_a_token_with_the_right_pin_but_a_wrong_secret_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, _ = await door.joining.make_token("admin")
            for forged in (JoinToken(token.pin, token.id, bytes(32)), JoinToken(token.pin, "00000000", token.secret)):
                with pytest.raises(NotAuthenticated, match="does not know this join token"):
                    await join_with_token(Identity(tmp_path / "agent"), await door.address(), forged, "rack-1")

    run(scene())


def test_a_replayed_request_gives_a_certificate_for_the_same_key_only(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, _ = await door.joining.make_token("admin", uses=1)
            identity, head = Identity(tmp_path / "agent"), await door.address()
            csr = identity.csr()
            mac = sign_join(token.key, head.chain.fingerprint, csr, "rack-1", bytes(32))
            request = JoinRequest(token.id, csr, "rack-1", bytes(32), mac)
            nodes = {unpack(await call_unnamed(head, "Join", pack(request), 5), Answer).node for _ in range(3)}
            assert nodes == {identity.node_id}
            other = msgspec.structs.replace(request, csr=Identity(tmp_path / "thief").csr())
            assert isinstance(unpack(await call_unnamed(head, "Join", pack(other), 5), Answer), Denied)

    run(scene())


def test_what_is_stored_of_a_token_is_not_the_token(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            token, record = await door.joining.make_token("admin")
            stored = msgspec.json.encode(door.records.token(token.id)).decode()
            assert token.secret.hex() not in stored
            assert token.text not in stored
            assert record.key not in repr(record)

    run(scene())


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80", b"\xff" * 1000, pack({"token": 1}), pack(["x"] * 1000)])
def test_nonsense_is_denied_with_a_sentence(tmp_path: Path, data: bytes) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            head = await door.address()
            for method in ("Join", "Pair", "PairStatus"):
                answer = unpack(await call_unnamed(head, method, data, 5), Answer)
                assert isinstance(answer, Denied)
                assert answer.code == "invalid_request"
                assert "Traceback" not in answer.detail

    run(scene())


def test_a_message_over_the_cap_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            with pytest.raises(HeadUnreachable, match="larger than max"):
                await call_unnamed(await door.address(), "Join", bytes(5 * 2**20), 5)

    run(scene())
