"""A job in the eyes of the queue: what it asks for and how it stands, from its document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tensorfleet.core.job import Job, Share
from tensorfleet.core.preemptible import preemptible
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import DAY, Policy

HALF = 50
"""The priority that shifts nobody."""

STARTING = 120.0
"""Seconds that an attempt takes at most from its placement to its first rank: its `max_duration` counts from there."""

ROUND = STARTING + 60.0
"""Seconds that a job may hold its places beyond its `max_duration`: its start, and its end with a checkpoint."""

SCALING = 0.9
"""How the speed of an elastic job that was never measured grows with its nodes, as an exponent: a little less than as
many times as fast on as many times the nodes."""


def ask_of(job: Job, policy: Policy) -> Ask:
    """What `job` asks for, with the service and the interruptions that its document tells of."""
    spec = job.spec
    return Ask(
        id=job.id,
        request=replace(spec.request, min_nodes=0),
        rank=job.turn - boost(spec.priority, policy),
        team=job.team,
        user=job.owner,
        job_class=spec.job_class,
        limit=spec.max_duration + ROUND if spec.max_duration else 0.0,
        preemptible=preemptible(job),
        attained=attained(job),
        interrupted=interruptions(job),
        speed=_speed(spec.request),
        priority=spec.priority,
    )


def boost(priority: int, policy: Policy) -> float:
    """Seconds by which a job of this priority counts as submitted earlier."""
    return (priority - HALF) / HALF * policy.boost


def duration_for(limit: float) -> float:
    """The longest `max_duration` with which a job is off its places after `limit` seconds; whole seconds."""
    return float(int(limit - ROUND))


def attained(job: Job) -> float:
    """Rank-seconds that the job's attempts held, of those that are over."""
    kept = sum(
        (each.ended - each.placed) * sum(share.ranks for share in each.shares) for each in job.attempts if each.ended
    )
    return kept + sum(each.held for each in job.used)


def interruptions(job: Job) -> tuple[float, ...]:
    """When it was taken off its nodes within a day before its last end, unix seconds."""
    ends = [each.ended for each in job.attempts if each.asked]
    return tuple(at for at in ends if ends[-1] - at < DAY)


def held_shares(job: Job) -> tuple[Share, ...]:
    """What the current attempt has; all of it until the last share is over."""
    over = job.attempt is None or job.attempt.ended_everywhere
    return () if over or job.attempt is None else job.attempt.shares


def _speed(request: Request) -> Mapping[int, float] | None:
    """How fast an elastic gang is on each number of ranks, against the fewest."""
    if not request.min_nodes or request.min_nodes == request.nodes:
        return None
    nodes = range(request.min_nodes, request.nodes + 1)
    return {count * request.per_node: (count / request.min_nodes) ** SCALING for count in nodes}
