"""The walk of a work directory leaves out exactly what Git would ignore."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tensorfleet.client.tree import walk

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git itself")

NAMES = ["a", "b", "data", "x.py", "y.log", "keep", "a b", ".hid"]
PATTERNS = [
    *("*", "*/", "!*/", "!*.py", "*.log", "data/", "/data", "data/*", "!data/keep", "a/**", "**/keep", "a/**/x.py"),
    *(
        "!keep",
        "/a/b",
        "**/",
        "[ab]",
        "?",
        "# comment",
        "\\#x",
        "a b",
        "!a/",
        "keep/",
        "/*",
        "!/keep",
        "*.py",
        " ",
        "b/",
    ),
]
paths = some.lists(some.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
rules = some.lists(some.sampled_from(PATTERNS), max_size=4).map("\n".join)


def git_lists(root: Path, inside: Path) -> set[str]:
    answer = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--cached", "--exclude-standard"],
        cwd=inside,
        capture_output=True,
        check=True,
        env={"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root), "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    return {name for name in answer.stdout.decode().split("\0") if name}


def plant(root: Path, files: list[str], ignores: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True, capture_output=True)
    for file in files:
        path = root / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)
        except (NotADirectoryError, FileExistsError, IsADirectoryError):
            continue  # one of its folders is a file already
    for folder, text in ignores.items():
        if (root / folder).is_dir() and not (root / folder / ".gitignore").is_dir():
            (root / folder / ".gitignore").write_text(text + "\n")


@needs_git
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files=some.lists(paths, min_size=1, max_size=12),
    ignores=some.dictionaries(some.sampled_from(["", "a", "data", "a/b", "keep"]), rules, max_size=3),
)
def test_lists_the_files_that_git_lists(files: list[str], ignores: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, files, ignores)
        assert {entry.path for entry in walk(root)} == git_lists(root, root)


@needs_git
def test_rules_of_the_repository_hold_in_a_directory_inside_it(tmp_path: Path) -> None:
    plant(tmp_path, ["sub/train.py", "sub/model.ckpt", "sub/out/x"], {"": "*.ckpt\n/sub/out"})
    (tmp_path / ".git" / "info" / "exclude").write_text("secret\n")
    (tmp_path / "sub" / "secret").write_text("")
    assert {entry.path for entry in walk(tmp_path / "sub")} == {"train.py"} == git_lists(tmp_path, tmp_path / "sub")


def test_a_work_directory_that_is_itself_ignored_still_travels(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "train.py").write_text("")
    assert [entry.path for entry in walk(tmp_path / "build")] == ["train.py"]


def test_git_caches_and_virtual_environments_never_travel(tmp_path: Path) -> None:
    for file in (
        ".git/HEAD",
        "__pycache__/x.pyc",
        "pkg/__pycache__/y.pyc",
        "env/pyvenv.cfg",
        "env/bin/python",
        "venv/x",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    assert [entry.path for entry in walk(tmp_path)] == ["venv/x"]
