"""The exported SDK needs nothing but the standard library, checkpoints torch too, and agents may export at once."""

import ast
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tensorfleet.train import export
from tensorfleet.train.export import export_sdk

PACKAGE = Path(export.__file__).parent.parent
SOURCES = [PACKAGE / "__init__.py", *sorted((PACKAGE / "train").glob("*.py"))]


def test_an_export_holds_the_sdk_and_nothing_else(tmp_path: Path) -> None:
    export_sdk(tmp_path / "sdk")
    exported = tmp_path / "sdk" / "tensorfleet"
    assert {path.relative_to(exported) for path in exported.rglob("*.py")} == {
        path.relative_to(PACKAGE) for path in SOURCES
    }


def test_a_second_export_writes_nothing(tmp_path: Path) -> None:
    export_sdk(tmp_path)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    export_sdk(tmp_path)
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_agents_that_export_at_once_end_with_one_whole_copy(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for result in [pool.submit(export_sdk, tmp_path) for _ in range(32)]:
            result.result()
    assert len(list(tmp_path.iterdir())) == 2
    assert (tmp_path / "tensorfleet" / "train" / "run.py").read_bytes() == (PACKAGE / "train/run.py").read_bytes()


def test_another_version_takes_over_and_the_old_copy_stays(tmp_path: Path) -> None:
    (tmp_path / ".tensorfleet-0").mkdir()
    (tmp_path / "tensorfleet").symlink_to(".tensorfleet-0")
    export_sdk(tmp_path)
    assert (tmp_path / "tensorfleet" / "__init__.py").exists()
    assert (tmp_path / ".tensorfleet-0").exists()


def test_other_users_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        export_sdk(tmp_path / "sdk")
    finally:
        os.umask(mask)
    copy = (tmp_path / "sdk" / "tensorfleet").resolve()
    assert {path.stat().st_mode & 0o777 for path in [copy, *copy.rglob("*")]} == {0o755, 0o644}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_file_is_python_3_9_and_imports_only_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    at_once = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            ours = name.startswith("tensorfleet.train")
            first = name.partition(".")[0]
            lazily = first == "torch" and id(node) not in at_once
            assert ours or lazily or first in sys.stdlib_module_names, name


def test_the_front_door_imports_nothing() -> None:
    top = ast.parse((PACKAGE / "__init__.py").read_text()).body
    assert not [node for node in top if isinstance(node, ast.Import | ast.ImportFrom)]
