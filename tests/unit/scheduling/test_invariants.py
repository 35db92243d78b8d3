"""What holds at every instant, whatever happens: seeded streams of submits, ends, and nodes that come and go.

`stream` says which invariants those are; here also: equal streams decide alike (I7), and in the end everybody had its
turn. `make soak` plays a million events.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tensorfleet.core.scheduling.policy import Discipline, Policy
from unit.scheduling.board import HOUR
from unit.scheduling.stream import NODES, POLICY, Stream

EVENTS = 1500


@pytest.mark.parametrize("discipline", [Discipline.EASY, Discipline.DEFAULT])
@pytest.mark.parametrize("seed", range(4))
def test_what_has_to_hold_holds(seed: int, discipline: Discipline) -> None:
    stream = Stream(seed, Policy(discipline=discipline, teams=POLICY.teams, users=POLICY.users))
    stream.run(EVENTS)
    assert stream.number > EVENTS / 4


def told(seed: int, hash_seed: str) -> str:
    """What a stream was told, by a Python of its own that sorts its sets and hashes another way."""
    program = f"from unit.scheduling.stream import *; s = Stream({seed}, POLICY); s.run({EVENTS // 3}); print(s.told)"
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": paths}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_equal_streams_decide_alike_in_every_process() -> None:
    one, other = told(11, "1"), told(11, "2")
    assert one == other
    assert one.count("j000") > 100


@pytest.mark.parametrize("seed", range(2))
def test_in_the_end_everybody_had_its_turn(seed: int) -> None:
    stream = Stream(100 + seed, POLICY)
    for _ in range(300):
        stream.step()
    for node_id in sorted({each.id for each in NODES} - stream.up):
        stream.turn(node_id)
    for _ in range(5000):
        if not stream.board.holdings and not stream.could_ever_start():
            return
        stream.now += HOUR
        for name in sorted(stream.board.holdings)[::2]:
            stream.board.ended(name, stream.now)
        for name, _ in stream.board.decide(stream.now).leave:
            back = stream.board.ended(name, stream.now)
            assert back is not None
            stream.board.enqueue(back)
    raise AssertionError(stream.could_ever_start())
