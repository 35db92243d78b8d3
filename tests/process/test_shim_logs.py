"""Every byte of a rank's output is in its log, in order, with the time it came, and a flood costs no memory."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from pathlib import Path

from attempts import agent, event, log, outcome, python, task, until

from tensorfleet.agent.ranks.task import Event, LogGrew, Started, TaskFile

ENTRY = struct.Struct("<dQ")


def entries(task: TaskFile, rank: int = 0) -> list[tuple[float, int]]:
    data = (task.task_dir / "logs" / f"rank-{rank}.idx").read_bytes()
    assert len(data) % ENTRY.size == 0
    return [(when, end) for when, end in ENTRY.iter_unpack(data)]


def resident(pid: int) -> int:
    """Bytes, shared pages included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no such line")


def test_bytes_arrive_unchanged_and_the_index_tells_when(tmp_path: Path) -> None:
    async def scene() -> None:
        code = """
import os, time
for part in (b"one\\n", b"\\x00\\xff no newline", b"\\r\\nlast\\n"):
    os.write(1, part); time.sleep(0.05)
"""
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, *python(code))
            begun = time.time()
            await outcome(await ranks.launch(share))
            data = (share.task_dir / "logs/rank-0.log").read_bytes()
            assert data == b"one\n\x00\xff no newline\r\nlast\n"
            index = entries(share)
            assert [end for _, end in index] == [4, 17, 24]
            times = [begun, *(when for when, _ in index), time.time()]
            assert times == sorted(times)

    asyncio.run(scene())


def test_the_first_line_is_announced_while_the_rank_still_runs(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            shim = await ranks.launch(task(tmp_path, "sh", "-c", "echo hello; exec sleep 1000"))
            assert (await event(shim, LogGrew)).size == 6
            await shim.kill()
            await outcome(shim)

    asyncio.run(scene())


def test_output_of_a_rank_that_is_killed_is_complete(tmp_path: Path) -> None:
    async def scene() -> None:
        code = "import os; os.write(1, b'x' * 60000); os.kill(os.getpid(), 9)"
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, *python(code), count=2)
            await outcome(await ranks.launch(share))
            assert 60000 in (len(log(share, 0)), len(log(share, 1)))

    asyncio.run(scene())


def test_a_flood_is_cut_at_the_limit_with_a_mark_and_little_memory(tmp_path: Path) -> None:
    async def scene() -> None:
        limit = 1 << 20
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, "yes", "y" * 99, count=2, log_limit=limit)
            shim = await ranks.launch(share)
            seen: list[Event] = []
            async for happening in shim.events():
                seen.append(happening)
                if isinstance(happening, LogGrew) and happening.size >= limit:
                    break
            pid = json.loads((share.task_dir / "shim.json").read_text())["pid"]
            await asyncio.sleep(1)  # of flood
            assert resident(pid) < 32 << 20
            await shim.stop(grace=1)
            report = await outcome(shim)
            assert report.stopped
            for rank in range(2):
                head, _, mark = log(share, rank)[:-1].rpartition("[tensorfleet] ")
                assert len(head) == limit
                words = mark.split()
                assert words[:3] == ["log", "limit", "reached,"]
                assert int(words[3]) > 10 * limit
                index = entries(share, rank)
                assert index[-1][1] == (share.task_dir / f"logs/rank-{rank}.log").stat().st_size
                assert len(index) <= 3 + 101 * (index[-1][0] - index[0][0])

    asyncio.run(scene())


def test_an_agent_that_does_not_read_costs_the_shim_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        code = "import time\nfor i in range(300): print(i, flush=True); time.sleep(0.012)"
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, *python(code), count=4)
            shim = await ranks.launch(share)
            await until((share.task_dir / "exit.json").exists)
            seen: list[Event] = []
            report = await outcome(shim, seen)
            assert [end.code for end in report.ranks] == [0] * 4
            assert any(isinstance(happening, Started) for happening in seen)

    asyncio.run(scene())


def test_a_writer_that_outlives_its_rank_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, "sh", "-c", "setsid yes & echo begun; sleep 0.2")
            begun = time.monotonic()
            report = await outcome(await ranks.launch(share))
            assert report.ranks[0].code == 0
            assert time.monotonic() - begun < 5

    asyncio.run(scene())
