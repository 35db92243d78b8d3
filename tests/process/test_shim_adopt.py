"""An agent comes and goes, is killed, comes back: ranks run on, and what became of them is never lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attempts import agent, event, is_there, log, outcome, python, task, until

from tensorfleet.agent.ranks import containment
from tensorfleet.agent.ranks.containment import Containment
from tensorfleet.agent.ranks.task import Event, LogGrew, ShimLost, Started

TICK = "import time, os\nopen('pid-%s' % os.environ['RANK'], 'w').write(str(os.getpid()))\n"
COUNT = TICK + "for i in range(10**6): print(i, flush=True); time.sleep(0.005)"

# An agent of its own, to be killed: launches what attempts.task makes of its arguments, then waits.
VICTIM = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from attempts import agent, python, task, event
from tensorfleet.agent.ranks.task import Started
async def main():
    folder = Path(sys.argv[2])
    async with agent(folder) as ranks:
        shim = await ranks.launch(task(folder, *python(sys.argv[3]), count=2))
        await event(shim, Started)
        print(ranks.nursery.pid, flush=True)
        await asyncio.sleep(1000)
asyncio.run(main())
"""


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "shim.json").read_text())
    return found


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.splitlines()]


def test_kill_9_of_the_agent_disturbs_no_rank_and_loses_no_line(tmp_path: Path) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(Path(__file__).parent), str(tmp_path), COUNT],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert victim.stdout is not None
    nursery = int(victim.stdout.readline())
    victim.kill()
    victim.wait()
    victim.stdout.close()

    async def scene() -> None:
        share = task(tmp_path, *python(COUNT), count=2)
        await until(lambda: not is_there(nursery))
        size = len(log(share))
        await until(lambda: len(log(share)) > size)  # it writes on with no agent at all
        async with agent(tmp_path) as ranks:
            shim = await ranks.adopt(share.task_dir)
            assert shim is not None
            started = await event(shim, Started)
            assert int((tmp_path / "pid-0").read_text()) == started.pids[0]
            await shim.stop(grace=5)
            report = await outcome(shim)
            assert report.stopped
            for rank in range(2):
                seen = numbers(log(share, rank))
                assert seen == list(range(len(seen)))

    asyncio.run(scene())


def test_several_agents_one_after_another_each_hear_the_whole_state(tmp_path: Path) -> None:
    async def scene() -> None:
        share = task(tmp_path, *python(COUNT))
        async with agent(tmp_path) as ranks:
            await event(await ranks.launch(share), LogGrew)
        for _ in range(3):
            async with agent(tmp_path) as ranks:
                shim = await ranks.adopt(share.task_dir)
                assert shim is not None
                await event(shim, Started)
                before = (await event(shim, LogGrew)).size
                assert (await event(shim, LogGrew)).size >= before > 0
        async with agent(tmp_path) as ranks:
            shim = await ranks.adopt(share.task_dir)
            assert shim is not None
            await shim.kill()
            await outcome(shim)

    asyncio.run(scene())


def test_the_end_of_an_attempt_without_an_agent_is_found_on_return(tmp_path: Path) -> None:
    async def scene() -> None:
        share = task(tmp_path, "sh", "-c", "read x < fifo; exit 5")
        os.mkfifo(tmp_path / "fifo")
        async with agent(tmp_path) as ranks:
            await event(await ranks.launch(share), Started)
        (tmp_path / "fifo").write_text("go\n")
        await until((share.task_dir / "exit.json").exists)
        async with agent(tmp_path) as ranks:
            for _ in range(2):
                shim = await ranks.adopt(share.task_dir)
                assert shim is not None
                report = await outcome(shim)
                assert (report.ranks[0].code, report.first_failed) == (5, 0)

    asyncio.run(scene())


def test_an_empty_directory_has_nothing_to_adopt(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            assert await ranks.adopt(tmp_path) is None

    asyncio.run(scene())


LEAVERS = (
    TICK
    + """
if os.fork() == 0:
    os.setsid()
    open('pid-daemon', 'w').write(str(os.getpid()))
    os.execvp('sleep', ['sleep', '1000'])
time.sleep(1000)
"""
)


@pytest.mark.parametrize("kept", [containment.probe(), containment.none()], ids=["found", "none"])
def test_kill_9_of_the_shim_is_reported_and_leaves_nothing_alive(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        share = task(tmp_path, *python(LEAVERS))
        async with agent(tmp_path, containment=kept) as ranks:
            shim = await ranks.launch(share)
            await event(shim, Started)
            await until((tmp_path / "pid-daemon").exists)
            family = await until(lambda: all_pids(tmp_path))
            os.kill(record(share.task_dir)["pid"], signal.SIGKILL)
            seen: list[Event] = []
            report = await outcome(shim, seen)
            assert isinstance(seen[-1], ShimLost)
            assert "shim is lost" in report.lost
            assert [pid for pid in family if is_there(pid)] == []
            again = await ranks.adopt(share.task_dir)
            assert again is not None
            assert (await outcome(again)).lost == report.lost

    asyncio.run(scene())


@pytest.mark.parametrize("kept", [containment.probe(), containment.none()], ids=["found", "none"])
def test_a_shim_lost_while_no_agent_looked_is_buried_by_the_next(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        share = task(tmp_path, *python(LEAVERS))
        async with agent(tmp_path, containment=kept) as ranks:
            await event(await ranks.launch(share), Started)
            await until((tmp_path / "pid-daemon").exists)
            family = await until(lambda: all_pids(tmp_path))
        pid = record(share.task_dir)["pid"]
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not is_there(pid))
        async with agent(tmp_path, containment=kept) as ranks:
            shim = await ranks.adopt(share.task_dir)
            assert shim is not None
            assert "shim is lost" in (await outcome(shim)).lost
            assert [pid for pid in family if is_there(pid)] == []

    asyncio.run(scene())


def test_after_a_reboot_no_process_is_touched(tmp_path: Path) -> None:
    async def scene() -> None:
        share = task(tmp_path, "true")
        async with agent(tmp_path) as ranks:
            await outcome(await ranks.launch(share))
            (share.task_dir / "exit.json").unlink()
            stale = {**record(share.task_dir), "boot_id": "another", "pid": os.getpid()}
            (share.task_dir / "shim.json").write_text(json.dumps(stale))
            shim = await ranks.adopt(share.task_dir)
            assert shim is not None
            assert "restarted" in (await outcome(shim)).lost

    asyncio.run(scene())


def test_a_task_whose_shim_never_came_is_closed_for_good(tmp_path: Path) -> None:
    async def scene() -> None:
        share = task(tmp_path, "sh", "-c", "echo ran > ran")
        async with agent(tmp_path) as ranks:
            await outcome(await ranks.launch(share))
            (tmp_path / "ran").unlink()
            for name in ("shim.json", "exit.json"):
                (share.task_dir / name).unlink()
            shim = await ranks.adopt(share.task_dir)  # as if the agent had died right after the tombstone
            assert shim is not None
            assert "never started" in (await outcome(shim)).lost
            await outcome(await ranks.launch(share))
            assert not (tmp_path / "ran").exists()

    asyncio.run(scene())


def all_pids(folder: Path) -> list[int]:
    texts = [path.read_text() for path in folder.glob("pid-*")]
    return [int(text) for text in texts] if len(texts) >= 2 and all(texts) else []
