"""`join.token`: whoever reads it while the head runs can use it for twelve hours at least."""

from __future__ import annotations

import stat
from pathlib import Path

from doors import open_door, run

from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token
from tensorfleet.head.tokenfile import LEAST_LEFT, TokenFile
from tensorfleet.wire.credential import JOIN_LIFE, parse_join_token


def test_the_file_holds_a_token_that_admits_nodes(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            path = tmp_path / "join.token"
            due = await TokenFile(path, door.joining, door.clock).refresh()
            assert 0 < due - door.clock() <= JOIN_LIFE - LEAST_LEFT
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            token = parse_join_token(path.read_text())
            await join_with_token(Identity(tmp_path / "agent"), await door.address(), token, "rack-1")

    run(scene())


def test_it_is_kept_while_it_is_good_and_replaced_before_it_is_not(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door:
            path = tmp_path / "join.token"
            file = TokenFile(path, door.joining, door.clock)
            await file.refresh()
            first = path.read_text()
            door.clock.ahead = JOIN_LIFE - LEAST_LEFT - 60
            await file.refresh()
            assert path.read_text() == first
            door.clock.ahead = JOIN_LIFE - LEAST_LEFT + 60
            await file.refresh()
            assert path.read_text() != first
            await join_with_token(Identity(tmp_path / "agent"), await door.address(), parse_join_token(first), "rack-1")
            door.clock.ahead = JOIN_LIFE + 60
            await door.joining.make_token("admin")
            assert door.records.token(parse_join_token(first).id) is None

    run(scene())


def test_a_token_of_another_head_or_nonsense_in_the_file_is_replaced(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_door(tmp_path / "head") as door, open_door(tmp_path / "other") as other:
            path = tmp_path / "join.token"
            for content in ((await other.joining.make_token("x"))[0].text.encode(), b"nonsense", b"\xff\xfe"):
                path.write_bytes(content)
                await TokenFile(path, door.joining, door.clock).refresh()
                assert door.joining.expiry_of(parse_join_token(path.read_text())) > door.clock()

    run(scene())
