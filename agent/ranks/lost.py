"""A shim that ended without its last word: kill what it left, and write the report it could not.

Blocking, up to ten seconds; for a thread.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tensorfleet.agent.ranks import durable, processes
from tensorfleet.agent.ranks.containment import Cage

AFTER_SIGKILL = 10.0  # seconds, as the shim itself waits
PACE = 0.02


def bury(task_dir: Path, document: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """End every process of the attempt in `task_dir` (its task.json and shim.json given), and write exit.json."""
    leftover: list[int] = []
    if not record:
        reason = "The shim was never started; no rank ran."
    elif record["boot_id"] != processes.boot_id():
        reason = "The shim is lost: the machine has been restarted."
    else:
        reason, leftover = "The shim is lost: it ended without a report.", _kill(document, record)
    report = {
        "ranks": [
            {
                "rank": spec["rank"],
                "pid": 0,
                "code": None,
                "signal": None,
                "started": 0.0,
                "ended": None,
                "error": reason,
                "oom": False,
            }
            for spec in document["task"]["ranks"]
        ],
        "first_failed": None,
        "stopped": False,
        "leftover": leftover,
        "lost": reason,
    }
    durable.write_json(str(task_dir / "exit.json"), report)
    return report


def _kill(document: dict[str, Any], record: dict[str, Any]) -> list[int]:
    cage = Cage(**document["cage"])
    deadline = time.monotonic() + AFTER_SIGKILL
    while True:
        cage.kill()
        left = {*processes.marked(document["marks"], record["pipes"]), *cage.pids()}
        processes.kill(left)
        if not left or time.monotonic() > deadline:
            break
        time.sleep(PACE)
    cage.remove()
    return sorted(left)
