"""Fills a small disk through the store and the object store, frees it, and goes on. Usage: disk_child.py DISK

Prints "ok" when every refusal was StoreFull, later commits worked, and nothing acknowledged was missing afterwards.
"""

import asyncio
import os
import sys
from pathlib import Path

from tensorfleet.errors import StoreFull
from tensorfleet.objects.disk import DiskObjects
from tensorfleet.store.port import Put
from tensorfleet.store.tinydb import TinyDBStore
from tensorfleet.wire.manifest import digest_of


async def main(disk):
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(2**20))
    store, objects = TinyDBStore(disk / "data"), DiskObjects(disk / "data" / "objects")
    await store.open()
    await objects.open()
    acked = []

    async def put(n):
        await store.commit([Put("jobs", f"{n:04}", {"pad": "x" * 20_000})])
        acked.append(f"{n:04}")

    blobs = []

    async def put_blob():
        data = os.urandom(100_000)
        await objects.put(digest_of(data), data)
        blobs.append(digest_of(data))

    for fill, step in ((put_blob, 1), (lambda: put(len(acked)), 2)):
        try:
            for _ in range(1000):
                await fill()
        except StoreFull:
            print("full", step)
    ballast.unlink()
    await put(len(acked))
    await put_blob()
    await store.close()
    await objects.close()
    await store.open()
    await objects.open()
    assert [doc["id"] for doc in store.find("jobs")] == acked
    assert len(acked) > 1
    assert [len(await objects.get(digest)) for digest in blobs] == [100_000] * len(blobs)
    assert not list((disk / "data" / "objects" / "part").iterdir())
    await store.close()
    await objects.close()
    print("ok")


asyncio.run(main(Path(sys.argv[1])))
