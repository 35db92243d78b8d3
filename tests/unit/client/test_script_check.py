"""A script that is not in the work directory is refused before anything travels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorfleet.client.prepare import check_script, script_of
from tensorfleet.errors import InvalidRequest


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python train.py --lr 0.1", "train.py"),
        (["python3.11", "-u", "-X", "dev", "-Wd", "src/train.py"], "src/train.py"),
        (["/usr/bin/python3", "train.py", "-m"], "train.py"),
        ("python -m pkg.train", ""),
        ("python -um pkg.train", ""),
        (["python", "-c", "print(1)"], ""),
        ("torchrun --nproc-per-node 2 train.py x.py", "train.py"),
        ("accelerate launch train.py", "train.py"),
        ("./run.sh", "./run.sh"),
        ("/bin/echo hi", ""),
        ("nvidia-smi", ""),
        ('python "unclosed', ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_script_of_a_command(command: str | list[str] | None, script: str) -> None:
    assert script_of(command) == script


def test_one_that_is_there_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "train.py").write_text("")
    check_script(tmp_path, "./a/train.py")
    check_script(tmp_path, "/somewhere/on/the/nodes.py")


def test_one_that_is_not_offers_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "train.py").write_text("")
    with pytest.raises(InvalidRequest, match="does not exist") as caught:
        check_script(tmp_path, "a/trian.py")
    assert caught.value.hint == "Did you mean a/train.py?"


@pytest.mark.parametrize(("script", "why"), [("../x.py", "outside"), ("a", "is a directory")])
def test_others_say_why(tmp_path: Path, script: str, why: str) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(InvalidRequest, match=why):
        check_script(tmp_path, script)
