"""What the store does in a second, beside TinyDB's own JSONStorage on the same disk in the same run.

Usage: python tests/bench/store_bench.py [--dir D] [--documents N] [--seconds S]
Prints one JSON object. Every update is one document of about 1 kB and one event, durable when it counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from tinydb import TinyDB
from tinydb.table import Document

from tensorfleet.store.port import Append, Put
from tensorfleet.store.tinydb import FILE, TinyDBStore


def job(number):
    return {
        "order": f"{number:08}",
        "name": f"digits-{number}",
        "state": ("queued", "running", "succeeded")[number % 3],
        "spec": {
            "run": ["python", "train.py", "--lr", "0.1"],
            "env": {f"VARIABLE_{n}": "value" * 6 for n in range(12)},
            "resources": {"nodes": 2, "gpus_per_node": 8, "cpus": 4, "memory": 16 * 2**30},
        },
        "placement": [{"node": f"node-{n}", "gpus": list(range(8))} for n in range(2)],
        "why": "Runs on 2 nodes." * 8,
    }


def fsyncs(directory, rounds=200):
    """Median milliseconds of writing 1.2 kB and syncing it: what no store on this disk can beat."""
    times = []
    with open(directory / "probe", "wb") as file:
        for _ in range(rounds):
            begun = time.perf_counter()
            file.write(bytes(1200))
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1e3


async def commits(store, writers, documents, seconds):
    """Commits per second, and their median and 99th percentile in milliseconds."""
    end = time.perf_counter() + seconds
    times = []

    async def write(writer):
        number = writer
        while time.perf_counter() < end:
            number = (number + writers) % documents
            begun = time.perf_counter()
            await store.commit([Put("jobs", f"j{number}", job(number)), Append({"job": f"j{number}", "kind": "bench"})])
            times.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*map(write, range(writers)))
    passed = time.perf_counter() - begun
    ordered = sorted(times)
    return {
        "per_second": round(len(times) / passed),
        "p50_ms": round(ordered[len(ordered) // 2] * 1e3, 2),
        "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1e3, 2),
    }


def milliseconds(call, rounds=50):
    """Median."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return round(statistics.median(times) * 1e3, 3)


async def ours(directory, documents, seconds):
    store = TinyDBStore(directory)
    await store.open()
    await store.commit([Put("jobs", f"j{number}", job(number)) for number in range(documents)])
    middle = f"{documents // 2:08}"
    figures = {f"commits_{writers}": await commits(store, writers, documents, seconds) for writers in (1, 8, 64, 500)}
    figures |= {
        "get_ms": milliseconds(lambda: store.get("jobs", "j1")),
        "page_100_ms": milliseconds(lambda: store.page("jobs", after=middle, limit=100)),
        "page_100_filtered_ms": milliseconds(
            lambda: store.page("jobs", where=lambda doc: doc["state"] == "running", after=None, limit=100)
        ),
        "find_all_ms": milliseconds(lambda: store.find("jobs")),
    }
    begun = time.perf_counter()
    await store.events(after=0, limit=1000)
    figures["events_1000_from_disk_ms"] = round((time.perf_counter() - begun) * 1e3, 2)
    begun = time.perf_counter()
    await store.backup(directory / "backup.db")
    figures["backup_ms"] = round((time.perf_counter() - begun) * 1e3)
    await store.close()
    figures["megabytes"] = round((directory / FILE).stat().st_size / 2**20, 1)
    begun = time.perf_counter()
    await store.open()
    figures["open_ms"] = round((time.perf_counter() - begun) * 1e3)
    await store.close()
    return figures


def stock(path, documents, seconds):
    """TinyDB's JSONStorage; an update is a document and an event here too, and neither is safe from a crash."""
    with TinyDB(path) as db:
        jobs, events = db.table("jobs"), db.table("events")
        jobs.insert_multiple(job(number) for number in range(documents))
        begun, done = time.perf_counter(), 0
        while time.perf_counter() < begun + seconds:
            number = done % documents
            jobs.upsert(Document(job(number), number + 1))
            events.insert({"job": number, "kind": "bench"})
            done += 1
        return {"updates_per_second": round(done / (time.perf_counter() - begun), 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, help="on the disk to measure; a temporary directory by default")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        directory = Path(name)
        figures = {
            "documents": options.documents,
            "document_bytes": len(json.dumps(job(1))),
            "fdatasync_p50_ms": round(fsyncs(directory), 3),
            "tensorfleet": asyncio.run(ours(directory / "ours", options.documents, options.seconds)),
            "stock_tinydb": stock(directory / "stock.json", options.documents, options.seconds),
        }
    peer = figures["stock_tinydb"]["updates_per_second"]
    figures["ratio_serial"] = round(figures["tensorfleet"]["commits_1"]["per_second"] / peer, 1)
    figures["ratio_64_writers"] = round(figures["tensorfleet"]["commits_64"]["per_second"] / peer, 1)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
