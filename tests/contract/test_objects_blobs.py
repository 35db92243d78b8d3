"""Blobs are named by their content, and come out as they went in."""

import asyncio

import pytest

from tensorfleet.errors import InvalidRequest, NotFound, TooLarge
from tensorfleet.objects.port import MAX_BLOB
from tensorfleet.wire.manifest import digest_of

DATA = b"some bytes"
DIGEST = digest_of(DATA)


async def stored(objects):
    return {blob.digest: blob.size async for blob in objects.blobs()}


@pytest.mark.parametrize("data", [b"", DATA, bytes(MAX_BLOB)])
def test_what_was_put_is_got(loop, objects, data):
    loop.run(objects.put(digest_of(data), data))
    assert loop.run(objects.get(digest_of(data))) == data
    assert loop.run(stored(objects)) == {digest_of(data): len(data)}


def test_only_what_is_not_stored_is_missing(loop, objects):
    loop.run(objects.put(DIGEST, DATA))
    other = digest_of(b"other")
    assert loop.run(objects.missing([DIGEST, other, other])) == {other}
    assert loop.run(objects.missing([])) == set()


def test_what_was_never_put_is_not_found(loop, objects):
    with pytest.raises(NotFound):
        loop.run(objects.get(DIGEST))


def test_content_that_is_not_the_digests_is_refused(loop, objects):
    with pytest.raises(InvalidRequest):
        loop.run(objects.put(DIGEST, DATA + b"!"))
    assert loop.run(stored(objects)) == {}


def test_a_blob_over_the_limit_is_refused(loop, objects):
    data = bytes(MAX_BLOB + 1)
    with pytest.raises(TooLarge):
        loop.run(objects.put(digest_of(data), data))


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", DIGEST.upper(), DIGEST[:-1], DIGEST + "\n", "é" * 64])
def test_only_digests_reach_the_disk(loop, objects, bad):
    for call in (objects.get(bad), objects.put(bad, DATA), objects.delete(bad), objects.missing([bad])):
        with pytest.raises(InvalidRequest):
            loop.run(call)


def test_a_deleted_blob_is_gone_and_may_be_deleted_again(loop, objects):
    loop.run(objects.put(DIGEST, DATA))
    loop.run(objects.delete(DIGEST))
    loop.run(objects.delete(DIGEST))
    assert loop.run(objects.missing([DIGEST])) == {DIGEST}


def test_the_same_blob_may_be_put_by_many_at_once(loop, objects):
    async def many():
        await asyncio.gather(*(objects.put(DIGEST, DATA) for _ in range(30)))

    loop.run(many())
    assert loop.run(objects.get(DIGEST)) == DATA
    assert loop.run(stored(objects)) == {DIGEST: len(DATA)}


def test_blobs_survive_a_restart(loop, objects):
    loop.run(objects.put(DIGEST, DATA))
    loop.run(objects.close())
    loop.run(objects.close())
    loop.run(objects.open())
    assert loop.run(objects.get(DIGEST)) == DATA


def test_what_was_asked_for_lately_outlives_a_sweep_of_what_is_old(loop, objects):
    loop.run(objects.put(DIGEST, DATA))
    (blob,) = loop.run(listed(objects))
    assert loop.run(objects.missing([DIGEST])) == set()
    assert loop.run(objects.delete(DIGEST, before=blob.at)) is False
    assert loop.run(objects.get(DIGEST)) == DATA
    assert loop.run(objects.delete(DIGEST, before=blob.at + 3600)) is True
    assert loop.run(objects.delete(DIGEST, before=blob.at + 3600)) is False
    assert loop.run(objects.missing([DIGEST])) == {DIGEST}


async def listed(objects):
    return [blob async for blob in objects.blobs()]
