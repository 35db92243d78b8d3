"""On disk a blob is whole or absent, and a damaged one is found, kept aside and sent again."""

import pytest

from tensorfleet.errors import Corrupt, StoreFailed
from tensorfleet.objects.disk import DiskObjects
from tensorfleet.wire.manifest import digest_of

DATA = b"some bytes"
DIGEST = digest_of(DATA)


@pytest.fixture
def disk(loop, tmp_path):
    disk = DiskObjects(tmp_path)
    loop.run(disk.open())
    yield disk
    loop.run(disk.close())


def test_a_damaged_blob_is_missing_until_it_is_sent_again(loop, disk, tmp_path):
    loop.run(disk.put(DIGEST, DATA))
    place = tmp_path / DIGEST[:2] / DIGEST[2:]
    place.write_bytes(DATA[:-1])
    with pytest.raises(Corrupt, match="damaged"):
        loop.run(disk.get(DIGEST))
    assert loop.run(disk.missing([DIGEST])) == {DIGEST}
    assert (tmp_path / "damaged" / DIGEST).read_bytes() == DATA[:-1]
    loop.run(disk.put(DIGEST, DATA))
    assert loop.run(disk.get(DIGEST)) == DATA


def test_what_a_crash_left_half_written_is_cleared(loop, tmp_path):
    (tmp_path / "part").mkdir(parents=True)
    (tmp_path / "part" / "tmpabc").write_bytes(b"half")
    disk = DiskObjects(tmp_path)
    loop.run(disk.open())
    assert not list((tmp_path / "part").iterdir())
    loop.run(disk.close())


def test_a_place_that_is_no_directory_is_refused(loop, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed):
        loop.run(DiskObjects(tmp_path / "file" / "objects").open())


def test_a_closed_one_takes_nothing(loop, tmp_path):
    with pytest.raises(StoreFailed):
        loop.run(DiskObjects(tmp_path).put(DIGEST, DATA))
