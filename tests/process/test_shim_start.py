"""A shim starts exactly what it was asked to, once, or says in a sentence why it could not."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attempts import agent, log, outcome, python, task

from tensorfleet.agent.ranks import ranks
from tensorfleet.agent.ranks.task import Event, LogGrew, RankExited, Started
from tensorfleet.errors import Conflict

AGENT = Path(ranks.__file__).resolve().parent


def test_a_rank_has_the_given_environment_directory_and_no_input(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            code = "import os,sys,json; print(json.dumps([dict(os.environ), os.getcwd(), sys.stdin.read()]))"
            share = task(tmp_path, *python(code), env={"COLOUR": "grün"})
            report = await outcome(await ranks.launch(share))
            environment, folder, stdin = json.loads(log(share))
            marks = {"TENSORFLEET_ALLOC": "job.1.0", "TENSORFLEET_TASK_DIR": str(share.task_dir)}
            assert environment.pop("LC_CTYPE", "") in ("", "C.UTF-8")  # python's own doing in the C locale
            assert environment == {**share.ranks[0].env, **marks}
            assert (folder, stdin) == (str(tmp_path), "")
            assert [(end.code, end.signal) for end in report.ranks] == [(0, None)]
            assert report.first_failed is None
            assert not report.stopped

    asyncio.run(scene())


def test_events_tell_start_output_and_end_of_every_rank(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, "sh", "-c", "echo out; echo err >&2", count=3)
            seen: list[Event] = []
            report = await outcome(await ranks.launch(share), seen)
            (started,) = [event for event in seen if isinstance(event, Started)]
            assert set(started.pids) == {0, 1, 2}
            assert {end.pid for end in report.ranks} == set(started.pids.values())
            for rank in range(3):
                assert log(share, rank) == "out\nerr\n"
                sizes = [event.size for event in seen if isinstance(event, LogGrew) and event.rank == rank]
                assert sizes == sorted(sizes)
                assert sizes[-1] == 8
            exits = [event for event in seen if isinstance(event, RankExited)]
            assert sorted(event.exit.rank for event in exits) == [0, 1, 2]
            assert all(event.size == 8 for event in exits)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        ("no-such-command", 127, "not found on the PATH"),
        ("./missing", 127, "no such file"),
        ("./plain.txt", 126, "not executable"),
        ("./orphan.sh", 127, "interpreter that its first line names"),
        ("./mute", 126, "no program"),
        ("/tmp", 126, "a directory"),
    ],
)
def test_a_command_that_cannot_be_executed_is_told_in_a_sentence(
    tmp_path: Path, command: str, code: int, sentence: str
) -> None:
    for name, text, mode in (
        ("plain.txt", "", 0o644),
        ("orphan.sh", "#!/no/such/shell\n", 0o755),
        ("mute", "\x01", 0o755),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)

    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, command)
            seen: list[Event] = []
            report = await outcome(await ranks.launch(share), seen)
            assert report.ranks[0].code == code
            assert sentence in report.ranks[0].error
            assert report.first_failed == 0
            assert report.ranks[0].error in log(share)
            assert not any(isinstance(event, Started) for event in seen)

    asyncio.run(scene())


def test_a_missing_working_directory_is_told_in_a_sentence(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            report = await outcome(await ranks.launch(task(tmp_path, "true", cwd=tmp_path / "gone")))
            assert report.ranks[0].code == 126
            assert "working directory" in report.ranks[0].error

    asyncio.run(scene())


def test_the_same_task_starts_once_and_another_one_is_refused(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, "sh", "-c", "echo once >> count")
            await outcome(await ranks.launch(share))
            again = await outcome(await ranks.launch(share))
            assert again.ranks[0].code == 0
            assert (tmp_path / "count").read_text() == "once\n"
            with pytest.raises(Conflict):
                await ranks.launch(task(tmp_path, "echo", "other"))

    asyncio.run(scene())


def test_two_shims_on_one_directory_start_the_ranks_once(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, "sh", "-c", "echo once >> count; sleep 0.3")
            shim = await ranks.launch(share)
            program = [sys.executable, "-I", "-S", str(AGENT / "cradle.py"), "shim", str(share.task_dir)]
            rivals = [await asyncio.create_subprocess_exec(*program) for _ in range(3)]
            assert [await rival.wait() for rival in rivals] == [0, 0, 0]
            assert (await outcome(shim)).ranks[0].code == 0
            assert (tmp_path / "count").read_text() == "once\n"

    asyncio.run(scene())


def test_the_shim_is_a_program_of_its_own_that_imports_nothing_of_the_package(tmp_path: Path) -> None:
    async def scene() -> None:
        async with agent(tmp_path) as ranks:
            share = task(tmp_path, "true")
            await outcome(await ranks.launch(share))
            for name in ("shim.json", "exit.json"):
                (share.task_dir / name).unlink()
            (share.task_dir / "shim.sock").unlink()
            alone = tmp_path / "elsewhere"
            alone.mkdir()
            for file in AGENT.glob("*.py"):
                (alone / file.name).write_bytes(file.read_bytes())
            program = [sys.executable, "-I", "-S", "-X", "importtime", str(alone / "cradle.py"), "shim"]
            done = await asyncio.to_thread(
                subprocess.run,
                [*program, str(share.task_dir)],
                stderr=subprocess.PIPE,
                text=True,
                env={"PATH": os.defpath},
                timeout=30,
            )
            assert done.returncode == 0, done.stderr
            assert json.loads((share.task_dir / "exit.json").read_text())["ranks"][0]["code"] == 0
            imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
            foreign = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
            assert foreign <= {"imported package", "tensorfleet_cradle"}

    asyncio.run(scene())


def test_a_data_directory_may_be_deeper_than_a_socket_path_is_long(tmp_path: Path) -> None:
    async def scene() -> None:
        deep = tmp_path / ("a" * 100) / ("b" * 100)
        deep.mkdir(parents=True)
        async with agent(tmp_path) as first:
            await first.launch(task(deep, "sleep", "60"))
        async with agent(tmp_path) as second:
            shim = await second.adopt(deep / "job.1.0")
            assert shim is not None
            await shim.kill()
            assert (await outcome(shim)).stopped

    asyncio.run(scene())
