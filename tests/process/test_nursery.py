"""The nursery: there when it is needed, anew when it was lost, gone with its agent, and nothing left lying about."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from attempts import agent, is_there, outcome, task, until

from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.ranks.task import Event, ExitReport, Started, TaskFile


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def zombies() -> list[int]:
    """Children of this process, and of its children, that nobody has taken off the process table."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z" and int(parent) != 1:
            found.append(int(path.parent.name))
    return found


def test_a_killed_nursery_is_replaced_at_the_next_launch(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            first = ranks.nursery.pid
            held = await ranks.launch(task(tmp_path, "sleep", "1000", name="a.1.0"))
            await until((tmp_path / "a.1.0/shim.sock").exists)
            os.kill(first, signal.SIGKILL)
            await until(lambda: not is_there(first))
            report = await outcome(await ranks.launch(task(tmp_path, "true", name="b.1.0")))
            assert report.ranks[0].code == 0
            assert ranks.nursery.pid != first
            await held.kill()
            assert (await outcome(held)).stopped

    asyncio.run(scene())


def test_close_ends_the_nursery_and_leaves_the_shims(tmp_path: Path) -> None:
    async def scene() -> None:
        share = task(tmp_path, "sleep", "1000")
        async with agent(tmp_path) as ranks:
            nursery = ranks.nursery.pid
            shim = await ranks.launch(share)
            seen: list[Event] = []
            async for event in shim.events():
                seen.append(event)
                break
            assert isinstance(seen[0], Started)
        assert not is_there(nursery)
        assert is_there(seen[0].pids[0])
        async with agent(tmp_path) as ranks:
            back = await ranks.adopt(share.task_dir)
            assert back is not None
            await back.kill()
            await outcome(back)

    asyncio.run(scene())


def test_many_short_jobs_leave_no_zombie_and_no_open_file(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            await outcome(await ranks.launch(task(tmp_path, "true", name="first.1.0")))
            await until(lambda: not zombies())
            before = descriptors()
            for start in range(0, 40, 10):
                shares = [task(tmp_path, "true", name=f"{start + n}.1.0") for n in range(10)]
                reports = await asyncio.gather(*[run(ranks, share) for share in shares])
                assert all(report.ranks[0].code == 0 for report in reports)
            await until(lambda: not zombies())
            await until(lambda: descriptors() <= before)

    async def run(ranks: Ranks, share: TaskFile) -> ExitReport:
        return await outcome(await ranks.launch(share))

    asyncio.run(scene())
