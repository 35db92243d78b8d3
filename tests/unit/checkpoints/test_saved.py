"""A directory is a checkpoint when all of its manifests are there, and sound when every file is what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorfleet.train.saved import CHUNK, damage, entry_of, find, publish, read, seal
from tensorfleet.wire import manifest

CONTENT = b"a" * (CHUNK + 1)


def about(step: int, **more: Any) -> dict[str, Any]:
    return {
        "step": step,
        "attempt": 1,
        "at": 100.0 + step,
        "metrics": {"loss": 0.5},
        "serial": step,
        "parts": 1,
        **more,
    }


def write(folder: Path, node: int = 0, **more: Any) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / f"__{node}_0.distcp"
    file.write_bytes(CONTENT)
    seal(folder, node, about(more.pop("step", 1), **more), [entry_of(file, folder)])


def test_chunks_are_those_of_the_fleets_manifests(tmp_path: Path) -> None:
    assert CHUNK == manifest.CHUNK
    (tmp_path / "file").write_bytes(CONTENT)
    entry = entry_of(tmp_path / "file", tmp_path)
    assert entry["chunks"] == [manifest.digest_of(CONTENT[:CHUNK]), manifest.digest_of(CONTENT[CHUNK:])]
    assert entry["size"] == len(CONTENT)


def test_it_is_none_before_its_manifest_and_not_found_before_its_rename(tmp_path: Path) -> None:
    partial = tmp_path / "step-1.partial"
    partial.mkdir()
    (partial / "__0_0.distcp").write_bytes(CONTENT)
    assert read(partial) is None
    seal(partial, 0, about(1), [entry_of(partial / "__0_0.distcp", partial)])
    assert find(tmp_path) == []
    publish(partial, 1)
    (saved,) = find(tmp_path)
    assert (saved.step, saved.attempt, saved.metrics, saved.size) == (1, 1, {"loss": 0.5}, len(CONTENT))


def test_a_step_that_is_saved_again_takes_nothing_away(tmp_path: Path) -> None:
    for serial in (1, 2, 3):
        write(tmp_path / "step-7.partial", step=7, serial=serial)
        publish(tmp_path / "step-7.partial", 7)
    assert [saved.path.name for saved in find(tmp_path)] == ["step-7.3", "step-7.2", "step-7"]


def test_the_part_of_one_node_alone_is_no_checkpoint(tmp_path: Path) -> None:
    write(tmp_path / "step-1", node=0, parts=2)
    assert read(tmp_path / "step-1") is None
    write(tmp_path / "step-1", node=1, parts=2)
    saved = read(tmp_path / "step-1")
    assert saved is not None
    assert [entry["path"] for entry in saved.files] == ["__0_0.distcp", "__1_0.distcp"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CONTENT[:-1] + b"b", "is damaged"),
        (b"b" + CONTENT[1:], "is damaged"),
        (CONTENT[:-1], f"has {CHUNK} bytes instead of {CHUNK + 1}"),
        (b"", "has 0 bytes"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_not_what_was_saved_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    write(tmp_path / "step-1")
    saved = read(tmp_path / "step-1")
    assert saved is not None
    assert damage(saved) == ""
    file = tmp_path / "step-1" / "__0_0.distcp"
    file.unlink() if content is None else file.write_bytes(content)
    assert words in damage(saved)
    assert str(file) in damage(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"parts": "x"}', "null", '{"parts": 1, "files": [{}]}'])
def test_a_manifest_that_is_none_makes_no_checkpoint(tmp_path: Path, text: str) -> None:
    (tmp_path / "step-1").mkdir()
    (tmp_path / "step-1" / "manifest-0.json").write_text(text)
    assert find(tmp_path) == []


def test_a_file_outside_of_the_directory_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "step-1").mkdir()
    seal(tmp_path / "step-1", 0, about(1), [{"path": "../secret", "mode": 0o644, "size": 1, "chunks": []}])
    assert find(tmp_path) == []
