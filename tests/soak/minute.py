"""Effective training time under one fault a minute: what a fleet that is disturbed all the while still gets done."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from process.fleet import Fleet, wait_for
from soak.kills import submit_training
from soak.record import Record

MINUTE = 60.0


def fault_a_minute(root: Path, minutes: int) -> list[tuple[str, str, str]]:
    """Kills one rank in the middle of each of `minutes`, and counts the new steps against those of an undisturbed
    minute before. Rows for the table."""
    (root / "fleet").mkdir()
    record = Record(root / "record")
    chance = random.Random(1)
    with Fleet(root / "fleet") as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--slots", "1")
        job = submit_training(fleet.client, record.folder)
        wait_for(lambda: len(record.read()) > 60, "it trains")
        calm = _progress(record, MINUTE)
        began, ends = time.monotonic(), []
        first = max(step.number for step in record.read())
        for minute in range(minutes):
            wait_for(lambda: time.monotonic() >= began + MINUTE * (minute + 0.5), "half a minute", 2 * MINUTE)  # noqa: B023
            os.kill(record.pid(chance.randrange(2))[1], signal.SIGKILL)
            wait_for(lambda: time.monotonic() >= began + MINUTE * (minute + 1), "the minute", 2 * MINUTE)  # noqa: B023
            ends.append(max(step.number for step in record.read()))
        fleet.client.kill(job)
    effective = (ends[-1] - first) / minutes / calm
    return [
        ("minutes, one killed rank in each", str(minutes), ""),
        ("new steps a minute against an undisturbed minute", f"{effective:.3f}", ""),
    ]


def _progress(record: Record, seconds: float) -> int:
    """Steps made within `seconds`."""
    end = time.monotonic() + seconds
    first = record.read()[-1].number
    wait_for(lambda: time.monotonic() >= end, "the time is over", 2 * seconds)
    return record.read()[-1].number - first
