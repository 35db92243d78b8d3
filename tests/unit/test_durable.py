"""Small durable files: whole or not there, and created by one caller only."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tensorfleet.agent.ranks.durable import create_json, read_json, reserve_json, write_json


def test_what_was_written_is_read_and_nothing_else_lies_about(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert read_json(str(path)) is None
    write_json(str(path), {"long": "x" * 1000})
    write_json(str(path), {"short": 1})
    assert read_json(str(path)) == {"short": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert path.stat().st_mode & 0o077 == 0


def test_of_many_creators_one_wins_and_its_value_stands(tmp_path: Path) -> None:
    path = str(tmp_path / "a.json")
    assert create_json(path, 0)
    assert not create_json(path, 1)
    assert read_json(path) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_a_reservation_is_used_up_by_the_write(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    reserve_json(str(path), 8192)
    assert read_json(str(path)) is None
    write_json(str(path), [1])
    assert path.read_bytes() == b"[1]"


def test_half_a_file_is_an_error_and_not_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a":')
    with pytest.raises(ValueError, match="Expecting"):
        read_json(str(tmp_path / "a.json"))


def test_creators_in_several_threads_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    path = str(tmp_path / "a.json")
    wins: list[bool] = []
    threads = [threading.Thread(target=lambda: wins.append(create_json(path, "v"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wins) == 1
    assert read_json(path) == "v"
