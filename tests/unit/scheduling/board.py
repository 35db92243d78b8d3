"""A small fleet, and a scheduler that is told of it: what the tests of the policy begin with."""

from __future__ import annotations

from tensorfleet.core.feasible import usable
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import JobClass, Policy
from tensorfleet.core.scheduling.scheduler import Decision, Scheduler

HOUR = 3600.0


def node(name: str, gpus: int = 8) -> Node:
    cards = tuple(Gpu(f"{name}-{index}", index, "GPU", 1) for index in range(gpus))
    return Node(name, name, cpus=64.0, memory=1 << 40, gpus=cards)


def ask(
    name: str,
    gpus: int = 1,
    at: float = 0.0,
    *,
    team: str = "",
    user: str = "",
    job_class: JobClass = JobClass.NORMAL,
    limit: float = 0.0,
    preemptible: bool | None = None,
    attained: float = 0.0,
    nodes: int = 0,
    speed: dict[int, float] | None = None,
) -> Ask:
    return Ask(
        name,
        Request(Kind.GPU, gpus, nodes=nodes),
        rank=at,
        team=team,
        user=user,
        job_class=job_class,
        limit=limit,
        preemptible=not limit if preemptible is None else preemptible,
        since=at,
        attained=attained,
        speed=speed,
    )


def scheduler(nodes: int = 1, gpus: int = 8, policy: Policy | None = None) -> Scheduler:
    made = Scheduler(policy or Policy())
    for number in range(nodes):
        place = node(f"n{number:04d}", gpus)
        made.put_node(place, usable(place))
    return made


def started(decision: Decision) -> list[str]:
    return [each.id for each, _, _ in decision.starts]


def leaving(decision: Decision) -> list[str]:
    return [each for each, _ in decision.leave]


def requeue(board: Scheduler, names: list[str], now: float) -> None:
    """They made room, and wait again."""
    for name in names:
        back = board.ended(name, now)
        assert back is not None
        back.since = now
        board.enqueue(back)
