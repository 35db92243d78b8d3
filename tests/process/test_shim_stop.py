"""After the end of an attempt nothing of it is left, whatever it forked, on every kind of containment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest
from attempts import agent, event, is_there, outcome, python, task, until

from tensorfleet.agent.ranks import containment, processes
from tensorfleet.agent.ranks.containment import Containment
from tensorfleet.agent.ranks.task import Started

FREEZER = Path("/sys/fs/cgroup/freezer")

# A process in its own session, a daemon by double fork, and one that ignores SIGTERM; each writes its pid.
FAMILY = """
import os, signal, sys, time
def note():
    with open(f"pid-{os.getpid()}.tmp", "w") as file: pass
    os.rename(f"pid-{os.getpid()}.tmp", f"pid-{os.getpid()}")
note()
if os.fork() == 0:
    os.setsid(); note(); time.sleep(1000)
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid(); os.close(1); os.close(2); note(); time.sleep(1000)
    os._exit(0)
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN); note()
    while True: time.sleep(1000)
"""


@pytest.fixture(params=["found", "freezer", "none"])
def kept(request: pytest.FixtureRequest) -> Containment:
    if request.param == "found":
        return containment.probe()
    if request.param == "none":
        return containment.none()
    if not os.access(FREEZER / "cgroup.procs", os.W_OK):
        pytest.skip("no v1 freezer may be written here")
    return Containment(str(FREEZER / "tensorfleet"), "", "the freezer, whatever else there is")


def pids(folder: Path) -> list[int]:
    return [int(path.name[4:]) for path in folder.glob("pid-*") if not path.name.endswith(".tmp")]


async def family_of(folder: Path, size: int) -> list[int]:
    return list(await until(lambda: len(pids(folder)) == size and pids(folder)))


def test_stop_is_sigterm_then_grace_then_the_whole_tree(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        async with agent(tmp_path, containment=kept) as ranks:
            code = FAMILY + "\nsignal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True)); "
            code += "exec('while True: time.sleep(1000)')"
            share = task(tmp_path, *python(code))
            shim = await ranks.launch(share)
            family = await family_of(tmp_path, 4)
            begun = time.monotonic()
            await shim.stop(grace=0.5)
            report = await outcome(shim)
            assert 0.4 < time.monotonic() - begun < 5
            assert report.stopped
            assert report.first_failed is None
            assert report.ranks[0].signal == signal.SIGKILL
            assert "asked" in (share.task_dir / "logs/rank-0.log").read_text()
            assert [pid for pid in family if is_there(pid)] == []
            assert report.leftover == ()

    asyncio.run(scene())


def test_a_rank_that_obeys_sigterm_ends_the_attempt_before_the_grace(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        async with agent(tmp_path, containment=kept) as ranks:
            shim = await ranks.launch(task(tmp_path, *python(FAMILY + "\ntime.sleep(1000)")))
            family = await family_of(tmp_path, 4)
            await shim.stop(grace=60)
            report = await outcome(shim)
            assert report.ranks[0].signal == signal.SIGTERM
            assert [pid for pid in family if is_there(pid)] == []

    asyncio.run(scene())


def test_kill_ends_a_stopped_process_at_once(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        async with agent(tmp_path, containment=kept) as ranks:
            shim = await ranks.launch(task(tmp_path, *python(FAMILY + "\nos.kill(os.getpid(), signal.SIGSTOP)")))
            family = await family_of(tmp_path, 4)
            await shim.kill()
            report = await outcome(shim)
            assert report.stopped
            assert [pid for pid in family if is_there(pid)] == []

    asyncio.run(scene())


def test_daemons_of_a_rank_that_ended_well_end_too(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        async with agent(tmp_path, containment=kept) as ranks:
            code = FAMILY + "\nwhile len([n for n in os.listdir() if n.startswith('pid-')]) < 4: time.sleep(0.01)"
            report = await outcome(await ranks.launch(task(tmp_path, *python(code))))
            assert report.ranks[0].code == 0
            assert report.first_failed is None
            assert [pid for pid in pids(tmp_path) if is_there(pid)] == []

    asyncio.run(scene())


@pytest.mark.parametrize("end", ["sys.exit(7)", "os.kill(os.getpid(), 9)"])
def test_when_one_rank_fails_its_siblings_are_gone_within_two_seconds(
    tmp_path: Path, kept: Containment, end: str
) -> None:
    async def scene() -> None:
        code = "import os, signal, sys, time\n" + (
            f"if os.environ['RANK'] == '1':\n    {end}\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "while True: time.sleep(1000)"
        )
        async with agent(tmp_path, containment=kept) as ranks:
            report = await outcome(await ranks.launch(task(tmp_path, *python(code), count=3)))
            assert report.first_failed == 1
            assert not report.stopped
            first = report.ranks[1]
            assert (first.code, first.signal) in ((7, None), (None, 9))
            assert first.ended is not None
            for sibling in (report.ranks[0], report.ranks[2]):
                assert sibling.ended is not None
                assert sibling.ended - first.ended < 2

    asyncio.run(scene())


def test_a_fork_bomb_does_not_outrun_the_end(tmp_path: Path, kept: Containment) -> None:
    code = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    if len(os.listdir('/proc')) < 400 and os.fork() == 0:
        os.setsid()
    time.sleep(0.001)
"""

    async def scene() -> None:
        async with agent(tmp_path, containment=kept) as ranks:
            share = task(tmp_path, *python(code))
            shim = await ranks.launch(share)
            pipes: list[int] = []

            def many() -> bool:
                nonlocal pipes
                record = share.task_dir / "shim.json"
                if not pipes and record.exists():
                    pipes = json.loads(record.read_text())["pipes"]
                return len(processes.marked((), pipes)) > 30

            await until(many)
            await shim.kill()
            report = await outcome(shim)
            assert report.leftover == ()
            assert processes.marked((), pipes) == []

    asyncio.run(scene())


@pytest.mark.skipif(not os.access(FREEZER / "cgroup.procs", os.W_OK), reason="needs a v1 freezer")
def test_a_process_that_sigkill_does_not_end_is_recorded_and_not_waited_for(tmp_path: Path) -> None:
    # A frozen process does not die before it is thawed, as one does not that waits for a dead disk.
    ice = FREEZER / f"ice-{os.getpid()}"
    ice.mkdir()

    async def scene() -> None:
        async with agent(tmp_path, containment=containment.none()) as ranks:
            shim = await ranks.launch(task(tmp_path, "sleep", "1000", count=2))
            started: Started = await event(shim, Started)
            (ice / "cgroup.procs").write_text(str(started.pids[1]))
            (ice / "freezer.state").write_text("FROZEN")
            begun = time.monotonic()
            await shim.stop(grace=0.1)
            report = await outcome(shim)
            assert time.monotonic() - begun < 15
            assert report.leftover == (started.pids[1],)
            assert report.ranks[0].signal == signal.SIGTERM
            assert (report.ranks[1].code, report.ranks[1].signal) == (None, None)
            assert "did not end" in report.ranks[1].error

    try:
        asyncio.run(scene())
        frozen = int((ice / "cgroup.procs").read_text())
    finally:
        (ice / "freezer.state").write_text("THAWED")
    asyncio.run(until(lambda: not is_there(frozen)))
    asyncio.run(until(lambda: (ice / "cgroup.procs").read_text() == ""))
    ice.rmdir()


def test_control_groups_are_removed_after_use(tmp_path: Path, kept: Containment) -> None:
    async def scene() -> None:
        async with agent(tmp_path, containment=kept) as ranks:
            share = task(tmp_path, "true", memory_limit=1 << 30)
            await outcome(await ranks.launch(share))

    asyncio.run(scene())
    cage = kept.cage("job.1.0", str(tmp_path / "job.1.0"), 1 << 30)
    assert not any(Path(folder).exists() for folder in (cage.tree, cage.memory) if folder)
