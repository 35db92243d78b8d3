"""A node's certificate is renewed at two thirds of its life, for the same key and by its owner only."""

from __future__ import annotations

import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from doors import HOST, Door, open_door, run

from tensorfleet.agent.joining.channel import OPTIONS, node_credentials
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token, renew
from tensorfleet.errors import Corrupt, NotAllowed, NotAuthenticated
from tensorfleet.wire.codec import pack
from tensorfleet.wire.join import SERVICE, Denied, Issued, RenewRequest

DAY = 86400.0


def calling(door: Door, identity: Identity) -> Callable[[str, bytes], Awaitable[bytes]]:
    async def call(method: str, request: bytes) -> bytes:
        target = f"{HOST}:{door.port}"
        async with grpc.aio.secure_channel(target, node_credentials(identity), options=OPTIONS) as channel:
            answer: bytes = await channel.unary_unary(f"/{SERVICE}/{method}")(request, timeout=5)
            return answer

    return call


async def joined(door: Door, folder: Path) -> Identity:
    identity = Identity(folder)
    token, _ = await door.joining.make_token("admin")
    await join_with_token(identity, await door.address(), token, "rack-1")
    return identity


def test_a_certificate_lives_seven_days_and_is_renewed_at_two_thirds(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = await joined(door, tmp_path / "agent")
            assert identity.expires - door.clock() == pytest.approx(7 * DAY, abs=60)
            assert identity.renew_at - door.clock() == pytest.approx(7 * DAY * 2 / 3, abs=3600)
            before = identity.expires
            door.clock.ahead = 5 * DAY
            await renew(identity, calling(door, identity))
            assert identity.expires == pytest.approx(before + 5 * DAY, abs=60)
            assert Identity(tmp_path / "agent").expires == identity.expires

    run(scene())


def test_nobody_renews_another_nodes_certificate(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            mine, yours = await joined(door, tmp_path / "mine"), await joined(door, tmp_path / "yours")
            with pytest.raises(NotAllowed, match="only its own"):
                await renew(yours, calling(door, mine))

    run(scene())


def test_an_agent_takes_no_certificate_of_another_ca_or_key(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "rogue") as rogue:
            mine, yours = await joined(door, tmp_path / "mine"), await joined(door, tmp_path / "yours")
            theirs = await joined(rogue, tmp_path / "theirs")
            for other in (yours, theirs):
                issued = Issued(mine.node_id, other.certificate_pem.decode(), other.ca_pem.decode())
                with pytest.raises(NotAuthenticated, match="not for this agent"):
                    await renew(mine, _answering(pack(issued)))
            with pytest.raises(NotAuthenticated, match="cannot be used"):
                await renew(mine, _answering(pack(Issued(mine.node_id, "junk", "junk"))))
            with pytest.raises(NotAllowed, match="No"):
                await renew(mine, _answering(pack(Denied("not_allowed", "No."))))

    run(scene())


def test_the_identity_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            await joined(door, tmp_path / "agent")

    run(scene())
    assert stat.S_IMODE((tmp_path / "agent").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "agent").iterdir()}
    assert modes == dict.fromkeys(("node.key", "node.pem", "ca.pem", "head.json"), 0o600)


@pytest.mark.parametrize("name", ["node.key", "node.pem", "ca.pem"])
def test_a_damaged_identity_is_said_to_be_damaged(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            await joined(door, tmp_path / "agent")

    run(scene())
    (tmp_path / "agent" / name).write_bytes(b"junk")
    with pytest.raises(Corrupt, match="Delete the folder"):
        Identity(tmp_path / "agent")


def test_a_certificate_for_another_key_is_damage_too(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            await joined(door, tmp_path / "agent")

    run(scene())
    (tmp_path / "agent/node.key").unlink()
    with pytest.raises(Corrupt, match="not for"):
        Identity(tmp_path / "agent")


def test_a_renewal_needs_a_request(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            identity = await joined(door, tmp_path / "agent")
            assert pack(RenewRequest(identity.csr()))
            for junk in (b"", b"\x80", pack(RenewRequest(b"junk"))):
                answer = await calling(door, identity)("RenewCertificate", junk)
                assert b"invalid_request" in answer

    run(scene())


def _answering(data: bytes) -> Callable[[str, bytes], Awaitable[bytes]]:
    async def call(_: str, __: bytes) -> bytes:
        return data

    return call


def test_the_addresses_it_remembers_are_few_and_the_latest_comes_first(tmp_path: Path) -> None:
    identity = Identity(tmp_path / "agent")
    for port in range(1, 20):
        identity.remember(f"{HOST}:{port}")
    identity.remember(f"{HOST}:15")
    assert identity.targets[:3] == (f"{HOST}:15", f"{HOST}:19", f"{HOST}:18")
    assert len(Identity(tmp_path / "agent").targets) == 8
    (tmp_path / "agent/head.json").write_bytes(b"junk")
    assert identity.targets == ()
