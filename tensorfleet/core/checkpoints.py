"""Which checkpoints count: only what the current attempt reports becomes one, and only so many are kept.

Making a checkpoint current is a compare-and-set on the attempt number (Gray and Cheriton, "Leases", 1989, fence writes
alike): an attempt that was given up may still run somewhere and save, which wastes its time and harms nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tensorfleet.core.actions import Action, AnswerCheckpoint, Emit
from tensorfleet.core.checkpoint import Best, Checkpoint, CheckpointPolicy, Part
from tensorfleet.core.draft import Draft
from tensorfleet.core.event import Event
from tensorfleet.core.inputs import CheckpointDamaged, CheckpointDone
from tensorfleet.core.job import Job, parse_alloc
from tensorfleet.errors import NotFound

PENDING = 8
"""Checkpoints of which some nodes' parts are still on their way, at most."""

Outcome = tuple[Job | None, list[Action]]
"""The job where it changed, and what to do."""


def handle(jobs: Draft[Job], what: CheckpointDone | CheckpointDamaged, at: float) -> Outcome:
    """Decides about a report of a node."""
    try:
        job_id, number, node_rank = parse_alloc(what.alloc)
    except ValueError:
        return None, []
    job = jobs.get(job_id)
    if isinstance(what, CheckpointDamaged):
        return _damaged(job, what, at) if job else (None, [])
    if job is None or not _is_current(job, number, node_rank, what.node):
        return None, [_refused(job_id, number, what, at), AnswerCheckpoint(what.node, what.alloc, what.serial, False)]
    return _commit(job, number, Part(node_rank, what.digest, what.size), what, at)


def newest(job: Job) -> list[Checkpoint]:
    """What the next attempt may go on from, best choice first."""
    whole = [checkpoint for checkpoint in reversed(job.checkpoints) if checkpoint.whole]
    return whole or ([job.spec.resume] if job.spec.resume else [])


def pick(job: Job, text: str) -> Checkpoint:
    """The whole checkpoint that `text` means: a step (of the newest attempt that has it), `latest` or `best`. Raises
    NotFound."""
    whole = [each for each in reversed(job.checkpoints) if each.whole]
    found = whole[0] if whole and text == "latest" else None
    if text == "best":
        found = best_of(job.spec.checkpoint, whole)
    elif text.isascii() and text.isdigit():
        found = next((each for each in whole if each.step == int(text)), None)
    if found is None:
        what = f"{text} checkpoint" if text in ("latest", "best") else f"checkpoint of step {text[:20]!r}"
        raise NotFound(f"Job {job.id} has no {what}.", f"`tensorfleet checkpoints {job.id}` lists what it has.")
    return found


def best_of(policy: CheckpointPolicy, whole: Iterable[Checkpoint]) -> Checkpoint | None:
    """The one whose metric is best, where the job named one; the newest of equals."""
    rated = [each for each in whole if policy.metric in each.metrics]
    sign = 1 if policy.best is Best.MIN else -1
    return min(rated, key=lambda each: (sign * each.metrics[policy.metric], -each.attempt, -each.serial), default=None)


def _is_current(job: Job, number: int, node_rank: int, node: str) -> bool:
    if job.attempt is None or job.attempt.number != number:
        return False
    return any(share.node == node and share.node_rank == node_rank for share in job.attempt.shares)


def _commit(job: Job, number: int, part: Part, what: CheckpointDone, at: float) -> Outcome:
    known = next((each for each in job.checkpoints if each.key == (number, what.serial)), None)
    if known and part in known.parts:
        return None, [_accepted(job, what)]
    fresh = known or Checkpoint(
        number, what.serial, what.step, what.at, what.wanted, metrics=dict(what.metrics), path=what.path
    )
    parts = (*(other for other in fresh.parts if other.node_rank != part.node_rank), part)
    fresh = replace(fresh, parts=tuple(sorted(parts, key=lambda each: each.node_rank)))
    others = [each for each in job.checkpoints if each.key != fresh.key]
    job = replace(job, checkpoints=retained(job.spec.checkpoint, [*others, fresh], number))
    if not fresh.whole or fresh not in job.checkpoints:
        return job, [_accepted(job, what)]
    job = replace(job, attempts=(*job.attempts[:-1], replace(job.attempts[-1], saved=at)))
    text = f"{job.spec.name} can go on from step {fresh.step}."
    data = {"attempt": number, "step": fresh.step, "size": fresh.size}
    return job, [Emit(Event("checkpoint.saved", at, text, job=job.id, data=data)), _accepted(job, what)]


def retained(policy: CheckpointPolicy, found: Iterable[Checkpoint], number: int) -> tuple[Checkpoint, ...]:
    """Those of `found` that stay, oldest first: the newest, the best, and what is on its way in attempt `number`."""
    ordered = sorted(found, key=lambda each: each.key)
    whole = [each for each in ordered if each.whole]
    keep = {each.key for each in whole[-policy.keep :]}
    best = best_of(policy, whole)
    if best:
        keep.add(best.key)
    newest_whole = whole[-1].key if whole else (0, 0)
    pending = [each.key for each in ordered if not each.whole and each.attempt == number and each.key > newest_whole]
    keep.update(pending[-PENDING:])
    return tuple(each for each in ordered if each.key in keep)


def _accepted(job: Job, what: CheckpointDone) -> AnswerCheckpoint:
    keep = tuple(each.key for each in job.checkpoints)
    return AnswerCheckpoint(what.node, what.alloc, what.serial, True, keep)


def _refused(job_id: str, number: int, what: CheckpointDone, at: float) -> Emit:
    text = f"A checkpoint of step {what.step} came from attempt {number}, which is no longer the current one."
    data = {"attempt": number, "step": what.step}
    return Emit(Event("checkpoint.refused", at, text, job=job_id, node=what.node, data=data))


def _damaged(job: Job, what: CheckpointDamaged, at: float) -> Outcome:
    """A checkpoint that cannot be read is none: the next attempt goes on from the one before."""
    bad = next((each for each in job.checkpoints if each.key == (what.attempt, what.serial)), None)
    if bad is None:
        return None, []
    job = replace(job, checkpoints=tuple(each for each in job.checkpoints if each is not bad))
    text = f"The checkpoint of step {bad.step} cannot be used: {what.why}"
    data = {"attempt": bad.attempt, "step": bad.step}
    return job, [Emit(Event("checkpoint.damaged", at, text, job=job.id, node=what.node, data=data))]
