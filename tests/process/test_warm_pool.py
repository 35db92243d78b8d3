"""Warm workers come and go; a job starts all the same, and is told how."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from attempts import agent, event, is_there, log, outcome, task, until
from warmth import ready

from tensorfleet.agent.ranks import warm
from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.ranks.task import Started, TaskFile


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The python of a venv without torch: its worker is ready in no time."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return str(folder / "bin/python")


def share(folder: Path, python: str, name: str, **options: object) -> TaskFile:
    code = "import sys; print(sys.prefix)"
    return task(folder, python, "-c", code, name=f"{name}.1.0", **{"warm": True, **options})


async def start(ranks: Ranks, share: TaskFile) -> Started:
    shim = await ranks.launch(share)
    started: Started = await event(shim, Started)
    report = await outcome(shim)
    assert report.ranks[0].code == 0, log(share)
    assert log(share).strip() == str(Path(share.ranks[0].argv[0]).parent.parent)
    return started


def test_the_first_job_starts_plainly_and_prompts_a_worker_for_the_next(tmp_path: Path, bare: str) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            first = await start(ranks, share(tmp_path, bare, "a"))
            assert (first.warm, first.note) == (False, "its warm worker is still starting")
            await ready(ranks, bare)
            assert (await start(ranks, share(tmp_path, bare, "b"))).warm
            other_name = bare + "3"
            assert (await start(ranks, share(tmp_path, other_name, "c"))).warm

    asyncio.run(scene())


def test_a_job_may_opt_out(tmp_path: Path, bare: str) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            await ready(ranks, bare)
            started = await start(ranks, share(tmp_path, bare, "a", warm=False))
            assert (started.warm, started.note) == (False, "a plain start was asked for")

    asyncio.run(scene())


def test_an_environment_variable_that_comes_too_late_is_named(tmp_path: Path, bare: str) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            await ready(ranks, bare)
            started = await start(ranks, share(tmp_path, bare, "a", env={"PYTHONHASHSEED": "1"}))
            assert not started.warm
            assert "PYTHONHASHSEED" in started.note

    asyncio.run(scene())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_fails_is_passed_over_and_a_dead_one_comes_back(
    tmp_path: Path, bare: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorfleet.agent.ranks.nursery.PATIENCE", 0.5)

    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            await ready(ranks, bare)
            worker = ranks.warm.states()[bare]
            assert worker.cradle is not None
            pid = worker.cradle.process.pid
            os.kill(pid, number)
            started = await start(ranks, share(tmp_path, bare, "a"))
            assert not started.warm
            assert "warm worker" in started.note
            if number == signal.SIGKILL:
                await until(lambda: worker.state == "ready" and worker.cradle and worker.cradle.process.pid != pid)
                assert (await start(ranks, share(tmp_path, bare, "b"))).warm
            else:
                os.kill(pid, signal.SIGCONT)

    asyncio.run(scene())


def test_installing_a_package_replaces_the_worker(tmp_path: Path, bare: str) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            await ready(ranks, bare)
            worker = ranks.warm.states()[bare]
            assert worker.cradle is not None
            pid = worker.cradle.process.pid
            (Path(next(iter(worker.folders))) / f"new-{os.getpid()}.dist-info").mkdir()
            started = await start(ranks, share(tmp_path, bare, "a"))
            assert "packages were installed" in started.note
            await ready(ranks, bare)
            assert (await start(ranks, share(tmp_path, bare, "b"))).warm
            await until(lambda: not is_there(pid))

    asyncio.run(scene())


def test_only_so_many_are_kept_and_one_with_jobs_ends_after_them(
    tmp_path: Path, bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "IDLE_KEPT", 1)
    second = tmp_path / "second"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(second)], check=True)

    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            await ready(ranks, bare)
            worker = ranks.warm.states()[bare]
            assert worker.cradle is not None
            pid = worker.cradle.process.pid
            long = task(tmp_path, bare, "-c", "import time; time.sleep(1000)", name="long.1.0", warm=True)
            shim = await ranks.launch(long)
            assert (await event(shim, Started)).warm
            await ready(ranks, str(second / "bin/python"))
            assert set(ranks.warm.states()) == {str(second / "bin/python")}
            assert is_there(pid)
            await shim.kill()
            await outcome(shim)
            await until(lambda: not is_there(pid))

    asyncio.run(scene())


def test_an_interpreter_that_starts_threads_is_never_forked(tmp_path: Path, bare: str) -> None:
    venv = tmp_path / "threads"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    hook = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
    (packages / "sitecustomize.py").write_text(hook)

    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            python = str(venv / "bin/python")
            ranks.warm.prepare(python)
            worker = ranks.warm.states()[python]
            await until(lambda: worker.state == "cold" and worker.cradle is None)
            assert "2 threads" in worker.reason
            started = await start(ranks, share(tmp_path, python, "a"))
            assert "2 threads" in started.note

    asyncio.run(scene())


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13"])
def test_jobs_of_other_pythons_are_forked_too(tmp_path: Path, version: str) -> None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    if not found:
        pytest.skip(f"no Python {version} here")

    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            python = str(found[0])
            await ready(ranks, python)
            code = "import sys, os; print(sys.version_info[:2], os.getcwd()); sys.exit(4)"
            job = task(tmp_path, python, "-c", code, warm=True)
            shim = await ranks.launch(job)
            assert (await event(shim, Started)).warm
            assert (await outcome(shim)).ranks[0].code == 4
            major, minor = version.split(".")
            assert log(job) == f"({major}, {minor}) {tmp_path}\n"

    asyncio.run(scene())
