"""What people wish of a job that lives: that it ends, rests, goes on, or is tried once more.

Every function takes a job and answers with the job as it is then and what to do about it. Raises Conflict for a wish
that the job's state does not allow.
"""

from __future__ import annotations

from dataclasses import replace

from tensorfleet.core.attempts import Outcome, finish, halt_as_asked, say, stopped_cause
from tensorfleet.core.inputs import Pause, Resume, Retry, Stop
from tensorfleet.core.job import TERMINAL, CauseCode, Job, JobState
from tensorfleet.core.lifecycle import Move, advance
from tensorfleet.errors import Conflict

PAUSE_GRACE = 60.0
"""Seconds that ranks get for a checkpoint at a pause, at least."""


def grant(job: Job, wish: Stop | Pause | Resume, at: float) -> Outcome:
    """What comes of `wish`."""
    match wish:
        case Stop():
            return stop(job, wish, at)
        case Pause():
            return pause(job, wish, at)
        case Resume():
            return resume(job, wish, at)


def stop(job: Job, wish: Stop, at: float) -> Outcome:
    """The end of `job`, by somebody's wish. A second wish changes nothing, but a kill comes through."""
    if job.state is JobState.STOPPING and wish.code is not CauseCode.KILLED:
        return job, []
    grace = job.spec.grace if wish.grace is None else wish.grace
    grace = 0.0 if wish.code is CauseCode.KILLED else grace
    job = replace(job, stop_by=wish.by, stop_code=wish.code, stop_grace=grace)
    if job.state in (JobState.QUEUED, JobState.PAUSED):
        return finish(job, Move.STOP, stopped_cause(job), at)
    if job.state is JobState.STOPPING:
        return job, halt_as_asked(job)
    job = advance(job, Move.STOP, at)
    return job, [say(job, "job.stopping", stopped_cause(job).text, at, wish.by), *halt_as_asked(job)]


def pause(job: Job, wish: Pause, at: float) -> Outcome:
    """Off the nodes: its ranks get time for a checkpoint, then it rests or, with `requeue`, queues again."""
    if job.state is JobState.PAUSING and not wish.requeue:
        return replace(job, requeue=False), []
    if wish.requeue and job.state in (JobState.QUEUED, JobState.PAUSED):
        raise Conflict(
            f"Job {job.spec.name} ({job.id}) is {job.state.value}; only one that runs can be requeued.",
            f"`tensorfleet resume {job.id}` takes it up again." if job.state is JobState.PAUSED else "",
        )
    if job.state is JobState.PAUSED:
        return job, []
    grace = max(job.spec.grace, PAUSE_GRACE) if wish.grace is None else wish.grace
    waited = job.state is JobState.QUEUED
    job = replace(advance(job, Move.PAUSE, at), stop_by=wish.by, stop_grace=grace, requeue=wish.requeue)
    if waited:
        return replace(job, stop_by=""), [say(job, "job.paused", f"{job.spec.name} is paused.", at, wish.by)]
    what = "makes room and queues again" if wish.requeue else "is being paused"
    said = say(job, "job.pausing", f"{job.spec.name} {what}, as {wish.by} asked.", at, wish.by)
    return job, [said, *halt_as_asked(job)]


def resume(job: Job, wish: Resume, at: float) -> Outcome:
    """Back into the queue, in the place it had."""
    if job.state is JobState.PAUSING:
        return replace(job, requeue=True), []
    if job.state is JobState.QUEUED:
        return job, []
    job = advance(job, Move.RESUME, at)
    return job, [say(job, "job.queued", f"{job.spec.name} is queued again.", at, wish.by)]


def retry(wish: Retry, at: float) -> Outcome:
    """A job that failed or was cancelled, alive again: the next attempt goes on from its last checkpoint."""
    job = wish.job
    if job.state not in TERMINAL:
        raise Conflict(f"Job {job.spec.name} ({job.id}) is {job.state.value}; it has not failed.")
    if job.state is JobState.SUCCEEDED:
        raise Conflict(
            f"Job {job.spec.name} ({job.id}) succeeded.", f"`tensorfleet clone {job.id}` runs it once more, from new."
        )
    number = job.attempt.number if job.attempt else 0
    job = replace(advance(job, Move.RETRY, at), cause=None, stop_by="", stop_code=None, stop_grace=0.0, forgiven=number)
    job = replace(job, held=None)
    return job, [say(job, "job.queued", f"{job.spec.name} is tried again.", at, wish.by)]
