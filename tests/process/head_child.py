"""The head of the command line, which kills itself with -9 at a named step of its own.

Usage: CRASH="STEP COUNT" python head_child.py head …   dies when it comes to STEP for the COUNT-th time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import tensorfleet.head.rpc.session as session
import tensorfleet.head.shell as shell
from tensorfleet.cli.main import main
from tensorfleet.head.curvebook import CurveBook
from tensorfleet.head.logbook import LogBook
from tensorfleet.head.sessions import Sessions
from tensorfleet.objects.disk import DiskObjects
from tensorfleet.store.tinydb import TinyDBStore
from tensorfleet.wire.messages import AssignTask, ForgetTask

STEP, _, COUNT = os.environ.get("CRASH", "").rpartition(" ")
left = int(COUNT or 0)


def come_to(step: str) -> None:
    global left
    if step == STEP:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, before: str, after: str) -> None:
    """Makes the coroutine `name` of `owner` come to the steps `before` and `after`."""
    real = getattr(owner, name)

    async def wrapped(*arguments: Any, **more: Any) -> Any:
        come_to(before)
        answer = await real(*arguments, **more)
        come_to(after)
        return answer

    setattr(owner, name, wrapped)


def ahead(owner: Any, name: str, step: Callable[..., str]) -> None:
    """Makes the function `name` of `owner` come first to the step that `step` tells from its arguments."""
    real = getattr(owner, name)

    def wrapped(*arguments: Any, **more: Any) -> Any:
        come_to(step(*arguments))
        return real(*arguments, **more)

    setattr(owner, name, wrapped)


def packing(message: object) -> str:
    match message:
        case AssignTask():
            return "assignment goes out"
        case ForgetTask():
            return "end of a task is confirmed"
        case _:
            return ""


STEPS = (
    "decision is not durable",
    "decision is durable",
    "command is handed over",
    "agents are told, clients are not",
    "assignment goes out",
    "end of a task is confirmed",
    "lines are not kept",
    "lines are kept, nobody is told",
    "points are kept, nobody is told",
    "blob is not kept",
    "blob is kept, nobody is told",
)

if __name__ == "__main__":
    around(TinyDBStore, "commit", STEPS[0], STEPS[1])
    ahead(Sessions, "command", lambda *_: STEPS[2])
    ahead(shell, "_answer", lambda entry, error: STEPS[3] if entry.done else "")
    ahead(session, "pack", packing)
    around(LogBook, "append", STEPS[6], STEPS[7])
    around(CurveBook, "append", "", STEPS[8])
    around(DiskObjects, "put", STEPS[9], STEPS[10])
    main()
