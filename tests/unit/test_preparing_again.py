"""A task over which agents die is refused in the end; one that merely fails to be prepared costs no agent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from tensorfleet.agent.blobs import Blobs
from tensorfleet.agent.decide import Phase
from tensorfleet.agent.link import Link
from tensorfleet.agent.python import Pythons
from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.taskdir import TaskDir
from tensorfleet.agent.work import Work
from tensorfleet.wire.messages import AssignTask, Hello, NodeFacts

ALLOC = "j1.1.1"


def assign(venv: str = "") -> AssignTask:
    return AssignTask(ALLOC, "j1", "job", 1, 1, 1, (1, 1), (), ("true",), {}, "", venv, warm=False, solo=False)


def agent(folder: Path) -> Work:
    """One that reaches no head."""

    async def nowhere() -> str:
        raise AssertionError("nobody dials here")

    facts = NodeFacts("h", "m", (), "0", 1, 1.0, 1)
    link = Link(nowhere, grpc.ssl_channel_credentials, lambda: Hello(1, 1, facts), lambda _: None, lambda _: None)
    blobs, ranks = Blobs(folder / "blobs", link), Ranks(folder / "ranks")
    return Work(folder, link, blobs, ranks, Pythons(folder / "sdk"), 1, warm=False)


async def dies(folder: Path) -> None:
    """An agent takes it up and is gone before it is ready."""
    try:
        async with asyncio.TaskGroup() as tasks:
            agent(folder).begin(tasks)
            raise ZeroDivisionError
    except* ZeroDivisionError:
        pass


async def comes(folder: Path) -> tuple[Phase, str]:
    """What an agent makes of the task, and why."""
    work = agent(folder)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        work.begin(tasks)
    task = work.brain.tasks[ALLOC]
    return task.phase, task.completion.error if task.completion else ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an agent died over a task that it had just been given."""
    TaskDir(tmp_path / "runs" / ALLOC).make(assign())
    return tmp_path


def test_a_task_over_which_two_agents_died_is_refused(folder: Path) -> None:
    asyncio.run(dies(folder))
    assert asyncio.run(comes(folder)) == (Phase.ENDED, "2 agents died preparing it.")


def test_one_death_is_forgiven_and_so_are_two_with_success_between(folder: Path) -> None:
    assert asyncio.run(comes(folder)) == (Phase.PREPARED, "")
    assert asyncio.run(comes(folder)) == (Phase.PREPARED, "")
    asyncio.run(dies(folder))


def test_agents_that_were_asked_to_end_do_not_count(folder: Path) -> None:
    async def is_asked() -> None:
        work = agent(folder)
        try:
            async with asyncio.TaskGroup() as tasks:
                work.begin(tasks)
                work.rest()
                raise ZeroDivisionError
        except* ZeroDivisionError:
            pass

    for _ in range(3):
        asyncio.run(is_asked())
    assert asyncio.run(comes(folder)) == (Phase.PREPARED, "")


def test_a_fault_of_the_agents_own_costs_the_task_and_not_the_agent(tmp_path: Path) -> None:
    TaskDir(tmp_path / "runs" / ALLOC).make(assign(venv="a\0b"))
    phase, error = asyncio.run(comes(tmp_path))
    assert phase is Phase.ENDED
    assert error.startswith("its agent failed to prepare it (ValueError")
