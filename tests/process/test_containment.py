"""Containment: found where it may be used, done without where not, limits enforced where they were promised."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attempts import agent, outcome, python, task

from tensorfleet.agent.ranks import containment, ranks

AGENT = Path(ranks.__file__).resolve().parent
NOBODY = 65534
SYSTEM_PYTHON = "/usr/bin/python3"
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
import cradle
print(cradle.load("containment").probe().sentence)
"""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everyone may reach, with copies of the shim's files in `agent`."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "agent").mkdir()
    for file in AGENT.glob("*.py"):
        shutil.copy(file, folder / "agent")
    yield folder
    shutil.rmtree(folder)


def as_nobody(*argv: str) -> subprocess.CompletedProcess[str]:
    def drop() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    return subprocess.run(
        [SYSTEM_PYTHON, "-I", "-S", *argv], preexec_fn=drop, text=True, capture_output=True, timeout=60
    )


def test_what_was_found_is_told_in_one_sentence() -> None:
    for found in (containment.probe(), containment.none()):
        assert found.sentence.endswith(".")
        assert "\n" not in found.sentence


@root_only
def test_an_ordinary_user_is_told_that_no_control_group_is_used(open_folder: Path) -> None:
    done = as_nobody("-c", PROBE, str(open_folder / "agent"))
    assert "No control group may be written here" in done.stdout, done.stderr


@root_only
def test_for_an_ordinary_user_the_sweep_alone_leaves_nothing(open_folder: Path) -> None:
    work = open_folder / "task"
    work.mkdir()
    code = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: os.setsid()
        open(f"pid-{os.getpid()}", "w").close()
        time.sleep(1000)
while len([name for name in os.listdir() if name.startswith("pid-")]) < 6: time.sleep(0.01)
"""
    share = task(open_folder, SYSTEM_PYTHON, "-c", code, name="task", cwd=work)
    document = {
        "task": share.document(),
        "programs": {},
        "cage": containment.probe().cage("task", str(work), 1 << 30).document(),  # which it may not make
        "marks": [],
    }
    (work / "task.json").write_text(json.dumps(document))
    for path in (work, *work.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    done = as_nobody(str(open_folder / "agent/cradle.py"), "shim", str(work))
    assert done.returncode == 0, done.stderr
    report = json.loads((work / "exit.json").read_text())
    assert (report["ranks"][0]["code"], report["leftover"]) == (0, [])
    for path in work.glob("pid-*"):
        assert not Path("/proc", path.name[4:]).exists()


def test_a_memory_limit_ends_the_rank_and_names_the_cause(tmp_path: Path) -> None:
    found = containment.probe()
    if not found.memory:
        pytest.skip("no memory limit can be enforced here")

    async def scene() -> None:
        async with agent(tmp_path, containment=found) as ranks:
            hog = task(tmp_path, *python("x = bytearray(200 << 20); print(len(x))"), memory_limit=64 << 20)
            report = await outcome(await ranks.launch(hog))
            assert report.ranks[0].signal == 9
            assert report.ranks[0].oom
            killed = task(tmp_path, "sh", "-c", "kill -9 $$", name="other.1.0", memory_limit=64 << 20)
            report = await outcome(await ranks.launch(killed))
            assert report.ranks[0].signal == 9
            assert not report.ranks[0].oom

    asyncio.run(scene())


def test_no_file_of_the_agent_hides_a_module_of_the_standard_library() -> None:
    names = {path.stem for path in AGENT.glob("*.py")}
    assert names & sys.stdlib_module_names == set()


@root_only
def test_an_empty_group_that_was_left_behind_long_ago_is_removed_and_a_used_one_is_not() -> None:
    found = containment.probe()
    if not found.tree:
        pytest.skip("no control group may be written here")
    old, used, fresh = (Path(found.tree, f"{name}-{os.getpid()}") for name in ("old", "used", "fresh"))
    for group in (old, used, fresh):
        group.mkdir()
    for group in (old, used):
        os.utime(group, (0, 0))
    with subprocess.Popen(["sleep", "1000"]) as inmate:
        try:
            (used / "cgroup.procs").write_text(str(inmate.pid))
            containment.probe()
            assert [group.exists() for group in (old, used, fresh)] == [False, True, True]
        finally:
            inmate.kill()
            inmate.wait()
            for group in (used, fresh):
                containment.Cage(tree=str(group)).remove()
    assert not used.exists()
