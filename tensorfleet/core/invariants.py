"""What must hold after every step, whatever happened. Tests and the simulator call `violations` after each."""

from __future__ import annotations

from collections import Counter

from tensorfleet.core.fleet import Fleet
from tensorfleet.core.job import PLACED, TERMINAL, Attempt, TaskPhase
from tensorfleet.core.resources import Kind, Request


def violations(fleet: Fleet) -> list[str]:
    """Every broken invariant in words; empty when all is well."""
    broken: list[str] = []
    held: Counter[tuple[str, str]] = Counter()
    slots: Counter[str] = Counter()
    for job in fleet.jobs.values():
        if job.state in TERMINAL:
            broken.append(f"{job.id} is over but still live")
        numbers = [attempt.number for attempt in job.attempts]
        if numbers != sorted(set(numbers)):
            broken.append(f"{job.id}: attempt numbers do not grow: {numbers}")
        keys = [checkpoint.key for checkpoint in job.checkpoints]
        if keys != sorted(set(keys)) or any(number not in numbers for number, _ in keys):
            broken.append(f"{job.id}: checkpoints of attempts that it does not have, or twice: {keys}")
        if job.state in PLACED and job.attempt is None:
            broken.append(f"{job.id} is {job.state.value} without an attempt")
        if job.state not in PLACED and job.attempt and not job.attempt.ended_everywhere:
            broken.append(f"{job.id} is {job.state.value} while an attempt of it lives")
        if job.state not in PLACED or job.attempt is None:
            continue
        if not _is_whole(job.spec.request, job.attempt):
            broken.append(f"{job.id}: the gang is not whole")
        for share in job.attempt.shares:
            if share.phase is TaskPhase.ENDED:
                continue
            held.update((share.node, uuid) for uuid in share.gpus)
            if job.spec.request.kind is Kind.SLOT:
                slots[share.node] += share.ranks
    broken += [f"GPU {uuid} on {node} is held {count} times" for (node, uuid), count in held.items() if count > 1]
    for node_id, count in slots.items():
        node = fleet.nodes.get(node_id)
        if node and count > node.slots:
            broken.append(f"{node.name} has {node.slots} slots and {count} are held")
    return broken


def _is_whole(request: Request, attempt: Attempt) -> bool:
    ranks = sum(share.ranks for share in attempt.shares)
    if not request.min_nodes:
        return ranks == request.ranks
    return request.min_nodes <= len(attempt.shares) <= request.nodes and ranks == request.per_node * len(attempt.shares)
