"""A change of the queue's policy: what it changes, and whether somebody holds more than it would leave him."""

from __future__ import annotations

from collections.abc import Iterable

from tensorfleet.core.actions import Action, Emit, SavePolicy
from tensorfleet.core.event import Event
from tensorfleet.core.inputs import SetPolicy
from tensorfleet.core.job import Job, TaskPhase
from tensorfleet.core.resources import Kind
from tensorfleet.core.scheduling.policy import Policy, check_policy
from tensorfleet.core.settings import OWNERS, changes, shown
from tensorfleet.errors import Conflict

NAMED = 5
"""Jobs that a refusal names."""


def ranks_held(job: Job) -> int:
    """GPUs, or slots, that `job` holds."""
    return sum(each.ranks for each in job.attempt.shares if each.phase is not TaskPhase.ENDED) if job.attempt else 0


def check_change(before: Policy, what: SetPolicy, placed: Iterable[Job]) -> None:
    """Raises InvalidRequest for a policy that is none, and, unless it is forced, Conflict for a guarantee or cap that
    is lowered below what its owner holds. placed: jobs that hold something."""
    check_policy(what.policy)
    lowered = {
        name: now
        for name, (was, now) in changes(before, what.policy).items()
        if name.endswith((".guarantee", ".cap")) and isinstance(now, int) and (not isinstance(was, int) or now < was)
    }
    if what.force or not lowered:
        return
    holders = sorted(placed, key=lambda job: job.order)
    for name, limit in lowered.items():
        field, _, rest = name.partition(".")
        owner = rest.rpartition(".")[0]
        for kind in Kind:
            own = [each for each in holders if each.spec.request.kind is kind and owner == _owner(each, field)]
            held = sum(map(ranks_held, own))
            if held <= limit:
                continue
            jobs = [f"{job.spec.name} ({job.id}) of {job.owner} {ranks_held(job)}" for job in own[:NAMED]]
            more = f", and {len(own) - NAMED} more jobs" if len(own) > NAMED else ""
            raise Conflict(
                f"{name} would be {limit}, a quota below what is held: {owner} holds {held} {kind.value}s: "
                f"{', '.join(jobs)}{more}.",
                "Wait, stop or requeue them, or use --force: then nothing is taken away, and nothing new starts.",
            )


def _owner(job: Job, field: str) -> str:
    return job.team if field == OWNERS[0] else f"{job.team}/{job.owner}"


def set_policy(before: Policy, what: SetPolicy, placed: Iterable[Job], at: float) -> list[Action]:
    """Raises as `check_change`; then nothing changed. No actions where the policy stays as it is."""
    check_change(before, what, placed)
    told = {
        name: f"{shown(name, was)} -> {shown(name, now)}" for name, (was, now) in changes(before, what.policy).items()
    }
    if not told:
        return []
    text = ", ".join(f"{name} {change}" for name, change in told.items())
    event = Event("policy.changed", at, f"The queue's policy changed: {text}.", actor=what.by, data=told)
    return [SavePolicy(what.policy), Emit(event)]
