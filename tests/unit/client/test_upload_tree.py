"""A work directory arrives as it is, only what changed is read, and only what is missing travels."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tensorfleet.client import upload
from tensorfleet.client.api import Client
from tensorfleet.client.tree import check_workdir, walk
from tensorfleet.client.upload import Progress, pack, send
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.manifest import CHUNK, digest_of, fetch_manifest


class Shelf:
    """What a head does with blobs."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.sent: list[str] = []

    def blobs_missing(self, digests: Iterable[str]) -> list[str]:
        return [digest for digest in digests if digest not in self.blobs]

    def put_blob(self, digest: str, data: bytes) -> None:
        assert digest_of(data) == digest
        assert len(data) <= 4 * 2**20
        self.sent.append(digest)
        self.blobs[digest] = data

    def lay_out(self, digest: str, target: Path) -> None:
        async def get(name: str) -> bytes:
            return self.blobs[name]

        for file in asyncio.run(fetch_manifest(digest, get)).files:
            path = target / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.target:
                path.symlink_to(file.target)
            else:
                path.write_bytes(b"".join(self.blobs[chunk] for chunk in file.chunks))
                path.chmod(file.mode)


def put(shelf: Shelf, root: Path, cache: Path) -> str:
    return send(cast(Client, shelf), pack(root, cache))


def contents(root: Path) -> dict[str, tuple[int, bytes | str]]:
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = (0, str(path.readlink()))
        elif path.is_file():
            found[name] = (path.stat().st_mode & 0o777, path.read_bytes())
    return found


names = some.text("abcé -.", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
paths = some.lists(names, min_size=1, max_size=3).map("/".join)
bodies = some.one_of(some.binary(max_size=40), some.integers(1, 3).map(lambda n: b"\7" * (n * CHUNK - 1)))


@settings(max_examples=60, deadline=None)
@given(files=some.dictionaries(paths, some.tuples(bodies, some.sampled_from([0o644, 0o755, 0o600])), max_size=6))
def test_what_is_packed_and_laid_out_again_is_the_same_tree(files: dict[str, tuple[bytes, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, there = Path(folder, "root"), Path(folder, "there")
        root.mkdir()
        there.mkdir()
        for name, (body, mode) in files.items():
            path = root / name
            if path.is_dir() or any(parent.is_file() for parent in path.parents):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            path.chmod(mode)
        shelf = Shelf()
        shelf.lay_out(put(shelf, root, Path(folder, "cache")), there)
        assert contents(there) == contents(root)


def test_only_what_changed_is_read_and_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, shelf = tmp_path / "root", Shelf()
    root.mkdir()
    for number in range(20):
        (root / f"{number}.py").write_text(f"print({number})")
        os.utime(root / f"{number}.py", (1, 1))
    first = put(shelf, root, tmp_path / "cache")
    assert len(shelf.sent) == 21
    opened: list[str] = []
    real = open

    def counting(path: object, *args: object, **kwargs: object) -> object:
        opened.append(str(path))
        return real(path, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", counting)
    shelf.sent.clear()
    assert put(shelf, root, tmp_path / "cache") == first
    assert not shelf.sent
    assert not [path for path in opened if path.endswith(".py")]
    (root / "7.py").write_text("print('seven')")
    os.utime(root / "7.py", (2, 2))
    put(shelf, root, tmp_path / "cache")
    assert len(shelf.sent) == 2
    assert {Path(path).name for path in opened if path.endswith(".py")} == {"7.py"}


def test_a_file_written_just_now_is_read_again(tmp_path: Path) -> None:
    root, shelf = tmp_path / "root", Shelf()
    root.mkdir()
    (root / "a").write_text("one")
    now = time.time_ns()
    os.utime(root / "a", ns=(now, now))
    first = put(shelf, root, tmp_path / "cache")
    (root / "a").write_text("two")
    os.utime(root / "a", ns=(now, now))
    assert put(shelf, root, tmp_path / "cache") != first


def test_a_list_of_files_longer_than_a_blob_goes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorfleet.wire.manifest.CHUNK", 1000)
    root, there, shelf = tmp_path / "root", tmp_path / "there", Shelf()
    root.mkdir()
    there.mkdir()
    for number in range(100):
        (root / str(number)).write_text(str(number))
    shelf.lay_out(put(shelf, root, tmp_path / "cache"), there)
    assert contents(there) == contents(root)
    assert len(shelf.blobs) > 110


def test_links_that_stay_inside_travel_and_others_are_told(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a").write_text("")
    (root / "sub" / "up").symlink_to("../a")
    (root / "whole").symlink_to(root / "sub")
    (root / "out").symlink_to("../../etc")
    (root / "far").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe")
    told: list[str] = []
    found = {entry.path: entry.target for entry in walk(root, warn=told.append)}
    assert found == {"a": "", "sub/up": "../a", "whole": "sub"}
    assert [line.split()[0] for line in told] == ["far", "out", "pipe"]


def test_a_directory_that_is_surely_a_mistake_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for place in (tmp_path, Path("/")):
        with pytest.raises(InvalidRequest, match="would upload all of"):
            check_workdir(place, named=False)
    assert check_workdir(tmp_path, named=True) == tmp_path
    monkeypatch.setattr("tensorfleet.client.tree.MOST_FILES", 3)
    for number in range(4):
        (tmp_path / str(number)).write_text("")
    with pytest.raises(InvalidRequest, match="more than 3 files"):
        list(walk(tmp_path, named=False))
    assert len(list(walk(tmp_path, named=True))) == 4


def test_a_missing_work_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="does not exist"):
        check_workdir(tmp_path / "nowhere", named=True)


def test_a_file_that_changes_under_way_is_not_sent_wrong(tmp_path: Path) -> None:
    root, shelf = tmp_path / "root", Shelf()
    root.mkdir()
    (root / "a").write_text("one")
    packed = pack(root, tmp_path / "cache")
    (root / "a").write_text("two")
    with pytest.raises(InvalidRequest, match="changed while"):
        send(cast(Client, shelf), packed)
    assert not shelf.blobs


def test_progress_is_told_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "ASKED_AT_ONCE", 3)
    root, told = tmp_path / "root", list[Progress]()
    root.mkdir()
    for number in range(10):
        (root / str(number)).write_bytes(bytes([number]) * 1000)
    send(cast(Client, Shelf()), pack(root, tmp_path / "cache", progress=told.append), told.append)
    each = [(n * 1000, 10_000) for n in range(1, 11)]
    assert [(p.done, p.total) for p in told] == each + each
    assert [p.phase for p in told] == ["Reading"] * 10 + ["Uploading"] * 10
