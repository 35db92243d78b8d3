"""Whether a failed attempt is followed by another, when, and where not.

Each kind of fault has a budget of its own, which an attempt that left a checkpoint or went well for a while fills up
again. A retry comes
at once, but attempts that hardly begin wait for a time that doubles, with full jitter (Brooker, "Exponential Backoff
and Jitter", AWS Architecture Blog, 2015). The jitter comes from the job's id, so that equal fleets decide alike.
"""

from __future__ import annotations

import hashlib

from tensorfleet.core.job import Attempt, Cause, CauseCode, Job, RetryOn
from tensorfleet.core.verdict import judge

HEALTHY = 600.0
"""Seconds an attempt has to run for the faults before it to be forgiven."""

BRISK = 10.0
"""Seconds below which an attempt counts as one that hardly began, so that the next has to wait."""

LONGEST = 60.0
"""Seconds between two attempts, at most."""

OOM_RETRIES = 1
"""Memory that was too small once is likely too small again."""


def kind_of(cause: Cause) -> RetryOn | None:
    """What fault `cause` is; None for the user's own errors and for good ends."""
    match cause.code:
        case CauseCode.SIGNAL:
            return RetryOn.RANK
        case CauseCode.HANG:
            return RetryOn.HANG
        case CauseCode.OOM:
            return RetryOn.OOM
        case CauseCode.NODE if cause.by != "user":
            return RetryOn.NODE
        case _:
            return None


def again(job: Job) -> bool:
    """Whether `job`, whose last attempt is over, gets another one."""
    kind = _kind(job.attempts[-1])
    if kind is None or kind not in job.spec.retry.on:
        return False
    count, most = faults(job)
    return count <= most


def faults(job: Job) -> tuple[int, int]:
    """Faults of the last one's kind in a row, and after how many of them another attempt follows."""
    kind = _kind(job.attempts[-1])
    if kind is None:
        return 0, 0
    return _row(job, kind), min(job.spec.retry.max, OOM_RETRIES) if kind is RetryOn.OOM else job.spec.retry.max


def wait_before(job: Job) -> float:
    """Seconds until the next attempt of `job` may start."""
    count = 0
    for attempt in reversed(_counted(job)):
        brisk = attempt.ended - (attempt.started or attempt.placed) < BRISK
        if _kind(attempt) is None or not brisk or _came_further(job, attempt):
            break
        count += 1
    if count < 2:
        return 0.0
    seed = hashlib.sha256(f"{job.id}.{job.attempts[-1].number}".encode()).digest()
    jitter = int.from_bytes(seed[:4], "big") / 2**32
    return jitter * min(LONGEST, 2.0 ** (count - 2))


def shunned(job: Job) -> frozenset[str]:
    """Nodes that failed an attempt of `job`."""
    return frozenset(
        share.node
        for attempt in _counted(job)
        if attempt.ended and _kind(attempt) is RetryOn.NODE
        for share in attempt.shares
        if share.fault
    )


def _counted(job: Job) -> list[Attempt]:
    return [attempt for attempt in job.attempts if attempt.number > job.forgiven]


def _kind(attempt: Attempt) -> RetryOn | None:
    return None if attempt.asked else kind_of(judge(attempt))


def _row(job: Job, kind: RetryOn) -> int:
    """Faults of `kind` since the last attempt that went well, that one's own end included."""
    count = 0
    for attempt in reversed(_counted(job)):
        count += _kind(attempt) is kind
        if _came_further(job, attempt) or (attempt.started and attempt.ended - attempt.started >= HEALTHY):
            break
    return count


def _came_further(job: Job, attempt: Attempt) -> bool:
    """Whether `attempt` left a checkpoint. Of earlier ones all may be gone: then a later one left one, too."""
    return any(each.whole and each.attempt == attempt.number for each in job.checkpoints)
