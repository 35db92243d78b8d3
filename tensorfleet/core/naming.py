"""Jobs, nodes and times in words, for those who wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tensorfleet.core.describe import listed
from tensorfleet.core.fleet import Fleet

NODES = 5
"""Nodes that are named at most."""


def job_named(job_id: str, fleet: Fleet, team: str | None = None) -> str:
    """`bert (j1a2b3c4d)`. team: whose members are told; to them, somebody else's is `a job of team nlp`."""
    job = fleet.jobs.get(job_id)
    if job is None:
        return job_id
    return f"{job.spec.name} ({job.id})" if team in (None, job.team) else f"a job of team {job.team}"


def nodes_named(nodes: Iterable[str], fleet: Fleet) -> str:
    """`a, b and c`, by the ids of nodes."""
    names = sorted(node.name for each in nodes if (node := fleet.nodes.get(each)))
    if len(names) > NODES:
        names = [*names[: NODES - 1], f"{len(names) - NODES + 1} more"]
    return listed(names) if names else "no node"


def clock(at: float) -> str:
    """`2026-05-01 18:00 UTC`. at: unix seconds."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def hours(seconds: float) -> str:
    """`0.25`, `7.5`, `1230`."""
    found = seconds / 3600
    return f"{found:.0f}" if found >= 100 else f"{found:.2g}"
