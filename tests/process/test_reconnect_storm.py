"""The head comes back, and all of its agents with it, at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from process.fleet import Fleet

STORM = Path(__file__).with_name("storm.py")
BOUND = 20.0
"""Seconds until all are back."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [60, pytest.param(500, marks=pytest.mark.soak)])
def test_all_agents_are_back_soon_and_the_api_answers_meanwhile(tmp_path: Path, count: int) -> None:
    with Fleet(tmp_path) as fleet:
        command = [sys.executable, str(STORM), str(fleet.data), str(count)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as storm:
            assert storm.stdout is not None
            assert storm.stdout.readline() == "ready\n"
            fleet.end("head", signal.SIGKILL)
            fleet.start_head()
            began, slowest = time.monotonic(), 0.0
            while sum(worker.state == "online" for worker in fleet.client.workers()) < count:
                slowest = max(slowest, answer_time(fleet))
                assert time.monotonic() - began < 2 * BOUND
            took = json.loads(storm.stdout.readline())
            storm.stdin.close()  # type: ignore[union-attr]
            storm.wait(30)
        print(f"{count} agents: half back after {took[len(took) // 2]} s, all after {took[-1]} s; API {slowest:.2f} s")
        assert len(took) == count
        assert took[-1] < BOUND


def answer_time(fleet: Fleet) -> float:
    began = time.monotonic()
    fleet.client.health()
    return time.monotonic() - began
