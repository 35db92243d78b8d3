"""A process that writes until it is killed: eight writers, each counting up in a document and an event together.

Prints "writer number" after each acknowledged commit, in one write(2) so that no line is torn by the kill.
Usage: store_child.py DATA_DIR
"""

import asyncio
import os
import sys
from pathlib import Path

from tensorfleet.store.port import Append, Put
from tensorfleet.store.tinydb import TinyDBStore

WRITERS = 8


async def count(store, writer):
    doc = store.get("counts", writer) or {"rev": 0, "n": 0}
    while True:
        n = doc["n"] + 1
        doc = {"n": n, "pad": "x" * (n * 37 % 900), "rev": doc["rev"]}
        committed = await store.commit(
            [
                Put("counts", writer, doc, expect=doc["rev"]),
                Append({"job": writer, "n": n}),
                Put("log", f"{writer}-{n}", {}),
            ]
        )
        doc["rev"] = committed.revisions[0]
        os.write(1, f"{writer} {n}\n".encode())


async def main():
    store = TinyDBStore(Path(sys.argv[1]))
    await store.open()
    os.write(1, b"open\n")
    async with asyncio.TaskGroup() as tasks:
        for number in range(WRITERS):
            tasks.create_task(count(store, f"w{number}"))


asyncio.run(main())
