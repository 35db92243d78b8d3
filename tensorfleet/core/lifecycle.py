"""The one table of job states and how they follow each other. Whatever is not in it cannot happen."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from tensorfleet.core.job import Job, JobState
from tensorfleet.errors import Conflict


class Move(StrEnum):
    """What can happen to a job. ENDED: every share of its attempt is over, whichever way."""

    PLACED = "placed"
    UP = "up"
    STOP = "stop"
    FAULT = "fault"
    DONE = "done"
    FAILED = "failed"
    ENDED = "ended"
    GIVEN_UP = "given up"
    PAUSE = "paused"
    RESUME = "resumed"
    RETRY = "retried"


MOVES: Final = {
    (JobState.QUEUED, Move.PLACED): JobState.STARTING,
    (JobState.QUEUED, Move.STOP): JobState.CANCELLED,
    (JobState.QUEUED, Move.PAUSE): JobState.PAUSED,
    (JobState.STARTING, Move.UP): JobState.RUNNING,
    (JobState.STARTING, Move.STOP): JobState.STOPPING,
    (JobState.STARTING, Move.FAULT): JobState.RECOVERING,
    (JobState.STARTING, Move.PAUSE): JobState.PAUSING,
    (JobState.STARTING, Move.DONE): JobState.SUCCEEDED,
    (JobState.STARTING, Move.FAILED): JobState.FAILED,
    (JobState.RUNNING, Move.STOP): JobState.STOPPING,
    (JobState.RUNNING, Move.FAULT): JobState.RECOVERING,
    (JobState.RUNNING, Move.PAUSE): JobState.PAUSING,
    (JobState.RUNNING, Move.DONE): JobState.SUCCEEDED,
    (JobState.RUNNING, Move.FAILED): JobState.FAILED,
    (JobState.RECOVERING, Move.STOP): JobState.STOPPING,
    (JobState.RECOVERING, Move.PAUSE): JobState.PAUSING,
    (JobState.RECOVERING, Move.ENDED): JobState.QUEUED,
    (JobState.RECOVERING, Move.GIVEN_UP): JobState.FAILED,
    (JobState.PAUSING, Move.ENDED): JobState.PAUSED,
    (JobState.PAUSING, Move.DONE): JobState.SUCCEEDED,
    (JobState.PAUSING, Move.STOP): JobState.STOPPING,
    (JobState.PAUSED, Move.RESUME): JobState.QUEUED,
    (JobState.PAUSED, Move.STOP): JobState.CANCELLED,
    (JobState.STOPPING, Move.ENDED): JobState.CANCELLED,
    (JobState.STOPPING, Move.FAILED): JobState.FAILED,
    (JobState.FAILED, Move.RETRY): JobState.QUEUED,
    (JobState.CANCELLED, Move.RETRY): JobState.QUEUED,
}


def advance(job: Job, move: Move, at: float) -> Job:
    """`job` after `move`. Raises Conflict when the table does not have it."""
    target = MOVES.get((job.state, move))
    if target is None:
        raise Conflict(f"Job {job.id} is {job.state.value}; it cannot be {move.value} now.")
    return replace(job, state=target, since=at)


def diagram() -> str:
    """The table as text, one line a move; `docs/architecture.md` carries it."""
    return "\n".join(f"{before.value:>10} --{move.value}--> {after.value}" for (before, move), after in MOVES.items())
