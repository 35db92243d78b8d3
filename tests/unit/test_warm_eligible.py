"""Which commands may be run by a fork: only those of which it is certain that nothing would differ."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tensorfleet.agent.ranks.eligible import (
    Cold,
    Program,
    obstacle,
    program_of,
    same_environment,
    worker_environment,
)

BASE = {"PATH": "/bin", "HOME": "/home/a", "LD_LIBRARY_PATH": "/opt/lib"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(sys.executable)
    (tmp_path / "bin/python").write_text("#!/bin/sh\n")
    (tmp_path / "bin/python").chmod(0o755)
    return tmp_path


def program(folder: Path, *argv: str) -> Program | Cold:
    return program_of(argv, {"PATH": str(folder / "bin")}, str(folder))


def test_a_script_a_module_and_code_are_taken_apart(folder: Path) -> None:
    python = str(folder / "bin/python3")
    argv = ("python3", "train.py", "-u", "--lr", "1")
    assert program(folder, *argv) == Program(python, "script", "train.py", ("-u", "--lr", "1"), argv, False)
    argv = ("bin/python3", "-u", "-m", "pkg.mod", "-c")
    assert program(folder, *argv) == Program(python, "module", "pkg.mod", ("-c",), argv, True)
    argv = (python, "-c", "print()")
    assert program(folder, *argv) == Program(python, "code", "print()", (), argv, False)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("bash", "train.py"),
        ("python3",),
        ("python3", "-u"),
        ("python3", "-m"),
        ("python3", "-"),
        ("python3", "-O", "train.py"),
        ("python3", "-X", "dev", "train.py"),
        ("python3", "-Wignore", "train.py"),
        ("python3", "-mpkg"),
        ("python3", "folder"),
        ("python3", "absent.py"),
        ("python3", "--", "train.py"),
        ("python", "train.py"),  # a shell script of that name
        ("python3.99", "train.py"),
        ("python2", "train.py"),
        ("torchrun", "train.py"),
    ],
)
def test_everything_else_starts_plainly(folder: Path, argv: tuple[str, ...]) -> None:
    assert isinstance(program(folder, *argv), Cold)


@pytest.mark.parametrize(
    "change",
    [
        {"PYTHONUNBUFFERED": "1"},
        {"PYTHONPATH": "/x"},
        {"OMP_NUM_THREADS": "8", "CUDA_VISIBLE_DEVICES": "GPU-1", "NCCL_DEBUG": "INFO"},
        {"TORCHELASTIC_RUN_ID": "7", "TORCH_NCCL_ASYNC_ERROR_HANDLING": "1"},
        {"LANG": "en_US.UTF-8"},
        {"LC_ALL": "de_DE.utf8@euro"},
        {"HOME": "/elsewhere"},
    ],
)
def test_what_is_read_after_the_fork_may_differ(change: dict[str, str]) -> None:
    assert obstacle({**BASE, **change}, BASE, user_site=False) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONOPTIMIZE": "1"},
        {"LD_PRELOAD": "/x.so"},
        {"LD_LIBRARY_PATH": "/other"},
        {"OMP_PROC_BIND": "close"},
        {"OMP_NUM_THREADS": "4,2"},
        {"MKL_NUM_THREADS": "4"},
        {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"},
        {"TORCH_LOGS": "dynamo"},
        {"LC_ALL": "C"},
        {"LANG": "de_DE.ISO-8859-1"},
    ],
)
def test_what_is_read_at_the_start_is_named(change: dict[str, str]) -> None:
    reason = obstacle({**BASE, **change}, BASE, user_site=False)
    assert reason
    assert any(name in reason for name in change) or "locale" in reason


def test_what_the_worker_had_and_the_job_has_not_counts_too() -> None:
    without = {name: value for name, value in BASE.items() if name != "LD_LIBRARY_PATH"}
    assert "LD_LIBRARY_PATH" in obstacle(without, BASE, user_site=False)


def test_home_counts_only_where_packages_are_found_under_it() -> None:
    assert "HOME" in obstacle({**BASE, "HOME": "/b"}, BASE, user_site=True)


def test_a_worker_does_not_inherit_what_steers_the_libraries() -> None:
    agents = {
        **BASE,
        "OMP_NUM_THREADS": "4",
        "PYTHONPATH": "/x",
        "CUDA_VISIBLE_DEVICES": "0",
        "TORCH_LOGS": "a",
    }
    assert worker_environment(agents) == BASE


def test_names_of_one_interpreter_are_one_and_two_venvs_are_two(folder: Path) -> None:
    (folder / "bin/python3.11").symlink_to("python3")
    (folder / "other").mkdir()
    (folder / "other/python3").symlink_to(sys.executable)
    one, same, other = (
        same_environment(str(folder / name)) for name in ("bin/python3", "bin/python3.11", "other/python3")
    )
    assert one == same != other
