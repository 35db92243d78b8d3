"""One attempt from placement to its end: what each report of a node means for the gang.

A gang starts when every node is ready, and ends as a whole: the first share that goes wrong takes the others with
it. Every function takes a job and answers with the job as it is then and what to do about it.
"""

from __future__ import annotations

from dataclasses import replace

from tensorfleet.core.actions import Action, Assign, Emit, Forget, Halt, Launch
from tensorfleet.core.event import Event
from tensorfleet.core.inputs import TaskEnded
from tensorfleet.core.job import (
    Attempt,
    Cause,
    CauseCode,
    Job,
    JobState,
    Share,
    TaskPhase,
    alloc_id,
)
from tensorfleet.core.lifecycle import Move, advance
from tensorfleet.core.retry import again, kind_of
from tensorfleet.core.spent import add_up
from tensorfleet.core.verdict import judge, went_wrong

REMEMBERED = 50
"""Attempts a job's document keeps, the newest; one that recovers for weeks must not grow without end."""

SIBLING_GRACE = 1.0
"""Seconds the rest of a gang has to end after one share went wrong; all are gone within 2."""

Outcome = tuple[Job, list[Action]]


def current(job: Job) -> Attempt:
    """The attempt of a placed job."""
    if job.attempt is None:
        raise ValueError(f"job {job.id} has no attempt")
    return job.attempt


def with_attempt(job: Job, attempt: Attempt) -> Job:
    return replace(job, attempts=(*job.attempts[:-1], attempt))


def with_share(job: Job, share: Share) -> Job:
    attempt = current(job)
    shares = tuple(share if s.node_rank == share.node_rank else s for s in attempt.shares)
    return with_attempt(job, replace(attempt, shares=shares))


def alloc_of(job: Job, share: Share) -> str:
    return alloc_id(job.id, current(job).number, share.node_rank)


def place(job: Job, shares: tuple[Share, ...], at: float) -> Outcome:
    """A new attempt of `job` on `shares`."""
    number = current(job).number + 1 if job.attempt else 1
    job = advance(job, Move.PLACED, at)
    for old in job.attempts[: 1 - REMEMBERED]:
        job = replace(job, used=add_up(job.used, old))
    job = replace(job, attempts=(*job.attempts[1 - REMEMBERED :], Attempt(number, shares, placed=at)))
    names = ", ".join(share.node_name for share in shares)
    actions: list[Action] = [say(job, "job.starting", f"{job.spec.name} starts on {names} (attempt {number}).", at)]
    actions += [assign(job, share) for share in shares]
    return job, actions


def assign(job: Job, share: Share) -> Assign:
    return Assign(share.node, job, share, solo=len(current(job).shares) == 1)


def prepared(job: Job, share: Share, address: str, port: int) -> Outcome:
    """`share`'s node is ready; it offers `port` at `address` for the rendezvous when it holds rank 0."""
    if doomed(job):
        return job, [halt(job, share, 0.0)]
    attempt = current(job)
    if share.phase is not TaskPhase.ASSIGNED:
        return job, [Launch(share.node, alloc_of(job, share), attempt.master)] if attempt.master else []
    job = with_share(job, replace(share, phase=TaskPhase.PREPARED))
    attempt = current(job)
    if any(s.phase is TaskPhase.ASSIGNED for s in attempt.shares) and share.node_rank != 0:
        return job, []
    if share.node_rank == 0:
        attempt = replace(attempt, master=f"{address}:{port}")
        job = with_attempt(job, attempt)
    if any(s.phase is TaskPhase.ASSIGNED for s in attempt.shares):
        return job, []
    return job, [Launch(s.node, alloc_of(job, s), attempt.master) for s in attempt.shares]


def running(job: Job, share: Share, at: float) -> Outcome:
    """Every rank of `share` has been started."""
    if share.phase in (TaskPhase.RUNNING, TaskPhase.ENDED):
        return job, []
    job = with_share(job, replace(share, phase=TaskPhase.RUNNING))
    up = all(s.phase in (TaskPhase.RUNNING, TaskPhase.ENDED) for s in current(job).shares)
    if not up or job.state is not JobState.STARTING or doomed(job):
        return job, []
    job = with_attempt(advance(job, Move.UP, at), replace(current(job), started=at))
    ranks = sum(s.ranks for s in current(job).shares)
    return job, [say(job, "job.running", f"{job.spec.name} runs with {ranks} rank{'' if ranks == 1 else 's'}.", at)]


def ended(job: Job, share: Share, report: TaskEnded, at: float) -> Outcome:
    """`share` is over. Called once for each share; its node may clear the attempt away afterwards."""
    share = replace(
        share,
        phase=TaskPhase.ENDED,
        exits=report.exits,
        first_failed=report.first_failed,
        error=report.error,
        fault=report.fault,
        outputs=report.outputs,
        leftover=report.leftover,
        heard=report.heard,
        hang=report.hang,
        sure=report.sure,
    )
    job = with_share(job, share)
    actions: list[Action] = [Forget(share.node, alloc_of(job, share))]
    if went_wrong(share) and current(job).blame is None:
        job = with_attempt(job, replace(current(job), blame=share.node_rank))
        cause = judge(current(job))
        if job.state in (JobState.STARTING, JobState.RUNNING) and kind_of(cause) in job.spec.retry.on:
            job = advance(job, Move.FAULT, at)
            actions.append(say(job, "job.recovering", f"{job.spec.name} recovers: {cause.text}", at))
        actions += [halt(job, s, SIBLING_GRACE) for s in current(job).shares if s.phase is not TaskPhase.ENDED]
    if not current(job).ended_everywhere:
        return job, actions
    job = with_attempt(job, replace(current(job), ended=at))
    job, final = conclude(job, at)
    return job, actions + final


def conclude(job: Job, at: float) -> Outcome:
    """Every share is over: what becomes of the job."""
    if job.state is JobState.STOPPING:
        return finish(job, Move.FAILED if job.stop_code is CauseCode.TIMEOUT else Move.ENDED, stopped_cause(job), at)
    cause = judge(current(job))
    if job.state is JobState.PAUSING:
        done = cause.code is CauseCode.DONE and not any(share.heard for share in current(job).shares)
        return finish(job, Move.DONE, cause, at) if done else paused(job, at)
    if job.state is not JobState.RECOVERING and again(job):
        job = advance(job, Move.FAULT, at)
    if job.state is JobState.RECOVERING:
        if not again(job):
            return finish(job, Move.GIVEN_UP, cause, at)
        job = advance(job, Move.ENDED, at)
        return job, [say(job, "job.requeued", f"{job.spec.name} is queued again: {cause.text}", at)]
    return finish(job, Move.DONE if cause.code is CauseCode.DONE else Move.FAILED, cause, at)


def paused(job: Job, at: float) -> Outcome:
    """Its ranks are gone by somebody's wish: it rests, or goes straight back into the queue."""
    by, requeue = job.stop_by, job.requeue
    job = with_attempt(replace(job, stop_by="", stop_grace=0.0, requeue=False), replace(current(job), asked=True))
    job = advance(job, Move.ENDED, at)
    if requeue:
        job = advance(job, Move.RESUME, at)
        return job, [say(job, "job.requeued", f"{job.spec.name} is queued again, as {by} asked.", at, by)]
    return job, [say(job, "job.paused", f"{job.spec.name} is paused.", at, by)]


def finish(job: Job, move: Move, cause: Cause, at: float) -> Outcome:
    """The end of the job, with its cause."""
    job = replace(advance(job, move, at), cause=cause)
    text = f"{job.spec.name} {job.state.value}: {cause.text}"
    return job, [say(job, f"job.{job.state.value}", text, at, cause.by)]


def stopped_cause(job: Job) -> Cause:
    code = job.stop_code or CauseCode.STOPPED
    text = {
        CauseCode.STOPPED: f"Stopped by {job.stop_by}.",
        CauseCode.KILLED: f"Killed by {job.stop_by}.",
        CauseCode.TIMEOUT: f"It ran for its whole max_duration of {job.spec.max_duration:g} s.",
        CauseCode.DEPENDENCY: f"It was to run after {job.stop_by}, which did not succeed.",
    }[code]
    hint = "Ask for a longer --max-duration." if code is CauseCode.TIMEOUT else ""
    return Cause(code, text, job.stop_by, hint, exit_code=143 if code is not CauseCode.KILLED else 137)


def doomed(job: Job) -> bool:
    """Whether the attempt is on its way out, so that nothing of it may start any more."""
    ending = (JobState.STOPPING, JobState.PAUSING, JobState.RECOVERING)
    return job.state in ending or current(job).blame is not None


def halt(job: Job, share: Share, grace: float, ask: bool = False) -> Halt:
    return Halt(share.node, alloc_of(job, share), grace, ask)


def halt_again(job: Job, share: Share) -> list[Action]:
    """The end that `share`'s node may not have heard of; whatever grace it had has begun with the first word."""
    asked = job.state in (JobState.STOPPING, JobState.PAUSING) and current(job).blame is None
    return [halt(job, share, job.stop_grace, ask=True) if asked else halt(job, share, 0.0)]


def halt_as_asked(job: Job) -> list[Action]:
    """Ends every share that is left, with the grace that belongs to the wish to stop or pause."""
    ask = job.stop_code is not CauseCode.KILLED
    return [halt(job, s, job.stop_grace, ask) for s in current(job).shares if s.phase is not TaskPhase.ENDED]


def say(job: Job, kind: str, text: str, at: float, actor: str = "") -> Emit:
    """An event about `job`."""
    attempt = job.attempt.number if job.attempt else 0
    return Emit(Event(kind, at, text, job=job.id, actor=actor, data={"state": job.state.value, "attempt": attempt}))
