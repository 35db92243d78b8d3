"""kill -9 at any instant loses nothing that was acknowledged, and leaves no commit half done."""

import asyncio
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tensorfleet.store.tinydb import TinyDBStore

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("store_child.py")
SEED = int(os.environ.get("TENSORFLEET_TEST_SEED", "2"))


def acknowledged_until_killed(data_dir, delay):
    """Runs the child, kills it `delay` seconds after its first commit could begin, returns each writer's last ack."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(data_dir)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    killer = threading.Timer(delay, child.kill)
    with child:
        assert child.stdout.readline() == b"open\n"
        killer.start()
        last = {}
        for line in child.stdout:
            writer, n = line.split()
            last[writer.decode()] = int(n)
    killer.join()
    assert child.returncode == -9
    return last


async def check(data_dir, last):
    """Returns where each writer really is: at what it was told, or one commit further that nobody was told of."""
    store = TinyDBStore(data_dir)
    await store.open()
    total = 0
    for writer, acked in last.items():
        n = store.get("counts", writer)["n"]
        assert acked <= n <= acked + 1, f"{writer} was told {acked} and is at {n}"
    for doc in store.find("counts"):
        events = await store.events(after=0, limit=10**6, job=doc["id"])
        assert [event["n"] for event in events] == list(range(1, doc["n"] + 1))
        total += doc["n"]
    assert store.last_event() == store.count("log") == total
    found = {doc["id"]: doc["n"] for doc in store.find("counts")}
    await store.close()
    return found


def kill_again_and_again(data_dir, kills):
    chance = random.Random(SEED)
    last = {}
    for kill in range(kills):
        last |= acknowledged_until_killed(data_dir, chance.uniform(0, 0.15))
        try:
            last = asyncio.run(check(data_dir, last))
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}, kill {kill}: {error}") from error
    assert len(last) == 8, "the children never came to write"


def test_twelve_kills(tmp_path):
    kill_again_and_again(tmp_path / "data", 12)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_many_kills(tmp_path):
    rounds = int(os.environ.get("TENSORFLEET_STORE_KILLS", "1000")) // 20
    for number in range(rounds):
        kill_again_and_again(tmp_path / str(number), 20)
