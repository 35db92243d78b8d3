"""A data directory has one holder, and one that cannot be used is refused with a sentence that helps."""

import asyncio
import os
import sqlite3
import subprocess
import sys

import pytest

from tensorfleet.errors import AlreadyRunning, Conflict, Corrupt, StoreFailed
from tensorfleet.store.migrate import Schema
from tensorfleet.store.port import Append, Put
from tensorfleet.store.tinydb import FILE, LOCK, TinyDBStore


async def written(data_dir, writes=(), **options):
    """Opens, commits, closes."""
    store = TinyDBStore(data_dir, **options)
    await store.open()
    try:
        await store.commit(writes)
    finally:
        await store.close()


async def refused(data_dir, error, **options):
    """The sentence with which the directory is refused."""
    store = TinyDBStore(data_dir, **options)
    with pytest.raises(error) as caught:
        await store.open()
    await store.close()
    assert caught.value.hint or error is StoreFailed
    return str(caught.value)


def test_a_second_store_in_this_process_is_refused(loop, tmp_path):
    store = TinyDBStore(tmp_path)
    loop.run(store.open())
    assert f"Process {os.getpid()} already runs" in loop.run(refused(tmp_path, AlreadyRunning))
    loop.run(store.commit([Put("jobs", "a", {})]))
    loop.run(store.close())
    loop.run(written(tmp_path))


def test_a_directory_held_by_another_process_is_refused_and_not_touched(loop, tmp_path):
    hold = "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f,2); print(); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / LOCK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        holder.stdout.readline()
        loop.run(refused(tmp_path, AlreadyRunning))
        assert not (tmp_path / FILE).exists()
        holder.stdin.close()
    loop.run(written(tmp_path))


def test_a_database_open_in_another_program_is_refused(loop, tmp_path):
    loop.run(written(tmp_path))
    shell = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    assert "Another program" in loop.run(refused(tmp_path, AlreadyRunning))
    shell.close()
    loop.run(written(tmp_path))


@pytest.mark.parametrize("content", [b"not a database, whatever its name says" * 100, os.urandom(8192)])
def test_a_file_that_is_no_database_is_refused(loop, tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    sentence = loop.run(refused(tmp_path, Corrupt))
    assert "is damaged" in sentence
    assert "backup" in sentence
    assert (tmp_path / FILE).read_bytes() == content


def test_the_database_of_another_program_is_refused(loop, tmp_path):
    other = sqlite3.connect(tmp_path / FILE)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    assert "another program" in loop.run(refused(tmp_path, Corrupt))


def test_a_flipped_bit_in_a_document_is_found_at_the_start(loop, tmp_path):
    loop.run(written(tmp_path, [Put("jobs", "a", {"name": "a-name-to-find"})]))
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes().replace(b"a-name-to-find", b"a-name-to-bind"))
    assert "document jobs/a fails its checksum" in loop.run(refused(tmp_path, Corrupt))


def test_a_flipped_bit_in_an_event_is_found_when_it_is_read(loop, tmp_path):
    loop.run(written(tmp_path, [Append({"text": "a-text-to-find"})]))
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes().replace(b"a-text-to-find", b"a-text-to-bind"))

    async def read():
        store = TinyDBStore(tmp_path)
        await store.open()
        with pytest.raises(Corrupt, match="event 1"):
            await store.events(after=0, limit=1)
        await store.commit([Append({})])
        await store.close()

    loop.run(read())


def test_a_row_under_the_wrong_id_is_found(loop, tmp_path):
    loop.run(written(tmp_path, [Put("jobs", "a", {})]))
    with sqlite3.connect(tmp_path / FILE) as edit:
        edit.execute("UPDATE documents SET id='b'")
    edit.close()
    assert "jobs/b is another one" in loop.run(refused(tmp_path, Corrupt))


def test_a_damaged_page_is_found(loop, tmp_path):
    loop.run(written(tmp_path, [Put("jobs", f"j{n}", {"pad": "x" * 900}) for n in range(100)]))
    file = tmp_path / FILE
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 100] = b"\xee" * 100
    file.write_bytes(content)
    loop.run(refused(tmp_path, Corrupt))


def test_a_database_from_a_newer_version_is_refused_and_kept(loop, tmp_path):
    loop.run(written(tmp_path, [Put("jobs", "a", {})], schema=Schema(version=9)))
    sentence = loop.run(refused(tmp_path, Conflict))
    assert "newer TensorFleet (schema 9; this one knows 1)" in sentence
    loop.run(written(tmp_path, schema=Schema(version=9)))


def test_a_directory_that_cannot_be_made_is_refused(loop, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be used" in loop.run(refused(tmp_path / "file" / "data", StoreFailed))


def test_nobody_else_can_read_the_files(loop, tmp_path):
    data_dir = tmp_path / "data"

    async def modes():
        store = TinyDBStore(data_dir)
        await store.open()
        await store.commit([Put("keys", "a", {})])
        await store.backup(data_dir / "backup.db")
        modes = {path.name: path.stat().st_mode & 0o777 for path in (data_dir, *data_dir.iterdir())}
        await store.close()
        return modes

    modes = asyncio.run(modes())
    assert modes.pop("data") == 0o700
    assert set(modes) == {"state.db", "state.db-wal", "state.lock", "backup.db"}
    assert set(modes.values()) == {0o600}


def test_a_backup_opens_as_the_same_store(loop, tmp_path):
    async def drill():
        store = TinyDBStore(tmp_path / "data")
        await store.open()
        await store.commit([Put("jobs", "a", {"n": 1}), Put("jobs", "a", {"n": 2}), Append({"k": 1})])
        (tmp_path / "restored").mkdir()
        await store.backup(tmp_path / "restored" / FILE)
        await store.commit([Put("jobs", "late", {})])
        await store.close()
        restored = TinyDBStore(tmp_path / "restored")
        await restored.open()
        assert restored.find("jobs") == [{"id": "a", "rev": 2, "n": 2}]
        assert await restored.events(after=0, limit=9) == [{"k": 1, "id": 1}]
        await restored.close()

    loop.run(drill())


def test_a_backup_that_cannot_be_written_harms_nothing(loop, tmp_path):
    async def drill():
        store = TinyDBStore(tmp_path / "data")
        await store.open()
        with pytest.raises(StoreFailed):
            await store.backup(tmp_path / "nowhere" / "backup.db")
        await store.commit([Put("jobs", "a", {})])
        await store.close()

    loop.run(drill())


def test_an_idle_store_moves_its_log_into_the_database(loop, tmp_path):
    async def idle():
        store = TinyDBStore(tmp_path)
        await store.open()
        await store.commit([Put("jobs", "a", {"name": "a-name-to-find"})])
        async with asyncio.timeout(10):
            while b"a-name-to-find" not in (tmp_path / FILE).read_bytes():  # noqa: ASYNC110  # a file wakes nobody
                await asyncio.sleep(0.01)
        await store.commit([Put("jobs", "b", {})])
        await store.close()

    loop.run(idle())
