"""What the brain knows: live jobs, nodes, and how each node's agent was last heard.

Jobs and nodes are durable and drafted. Links are not: after a start of the head every node counts as just heard
but not connected, so that nothing is shown as running, and nothing replaced, before the agents had their say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tensorfleet.core.draft import Draft
from tensorfleet.core.feasible import usable
from tensorfleet.core.gang import take
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import PLACED, Job, JobState, Share, TaskPhase
from tensorfleet.core.node import Fill, Node, NodeState
from tensorfleet.core.resources import Free

LEASE = 8.0
"""Seconds a heartbeat vouches for a node."""

CLOCK_RATE = 0.02
"""How far apart two machines' clocks may drift, as a rate."""

UNREACHABLE_AFTER = LEASE * (1 + 2 * CLOCK_RATE) + 2.0
"""Seconds of silence until a node is shown as unreachable: 10.3."""

LOST_AFTER = 120.0
"""Seconds of silence that are borne at most while a job could go on elsewhere."""

AT_ONCE = 3.0
"""Seconds since the last sign of life within which the end of a session means that somebody closed it."""

OFTEN = 4
"""Silences of at least AT_ONCE that make a link one that comes and goes, where they ended"""

WITHIN = 30.0
"""seconds ago at most."""


@dataclass(slots=True)
class Link:
    """heard: monotonic seconds of the last sign of life. closed: the session ended while signs of life still came, so
    that the machine is likely well and its agent gone. stale: shares it still has although the head gave them up; it
    gets no other work before they are gone. gaps: when its last silences ended, monotonic. unstable: whether people
    were told that it comes and goes. shown: the state last told to them."""

    heard: float
    connected: bool = False
    closed: bool = False
    stale: set[str] = field(default_factory=set)
    gaps: tuple[float, ...] = ()
    unstable: bool = False
    shown: NodeState = NodeState.UNREACHABLE


def flaps(link: Link, now: Now) -> bool:
    """Whether `link` comes and goes."""
    return len(link.gaps) >= OFTEN and now.mono - link.gaps[-OFTEN] <= WITHIN


class Fleet:
    """The tables, and what follows from them."""

    def __init__(self, jobs: Iterable[Job], nodes: Iterable[Node], now: Now) -> None:
        self.jobs = Draft({job.id: job for job in jobs})
        self.nodes = Draft({node.id: node for node in nodes})
        self.links = {node.id: Link(now.mono) for node in self.nodes.values()}
        self.backoff: dict[str, float] = {}
        """Jobs that are not tried again before this monotonic time. Not durable: a new head tries at once."""
        self._after: dict[str, set[str]] = {}
        for job in self.jobs.values():
            self.note_waits(job)

    def node_state(self, node: Node, now: Now) -> NodeState:
        link = self.links.get(node.id)
        silence = now.mono - link.heard if link else LOST_AFTER
        if link is None or silence >= LOST_AFTER:
            return NodeState.OFFLINE
        if not link.connected or silence >= UNREACHABLE_AFTER:
            return NodeState.UNREACHABLE
        if node.drain:
            return NodeState.DRAINING if any(self.shares_on(node.id)) else NodeState.DRAINED
        return NodeState.ONLINE

    def placed(self) -> Iterator[Job]:
        """Jobs whose attempt holds resources."""
        return (job for job in self.jobs.values() if job.state in PLACED)

    def waiting(self) -> Iterator[Job]:
        return (job for job in self.jobs.values() if job.state is JobState.QUEUED)

    def keep(self) -> None:
        """What was decided is durable."""
        for gone in self.jobs.keep():
            self._after.pop(gone, None)
        self.nodes.keep()

    def drop(self) -> None:
        """What was decided could not be stored."""
        self.jobs.drop()
        self.nodes.drop()

    def note_waits(self, job: Job) -> None:
        """Remembers which jobs `job` waits for. Whoever does not any more is left out when it is asked."""
        for other in job.waits_for:
            self._after.setdefault(other, set()).add(job.id)

    def dependents(self, ended: str) -> list[Job]:
        """Jobs that wait for `ended`, which is over, to succeed."""
        found = (self.jobs.get(job_id) for job_id in sorted(self._after.get(ended, ())))
        return [job for job in found if job and ended in job.waits_for]

    def shares_on(self, node: str) -> Iterator[tuple[Job, Share]]:
        """Every share on `node` that is not over."""
        for job in self.placed():
            for share in job.attempt.shares if job.attempt else ():
                if share.node == node and share.phase is not TaskPhase.ENDED:
                    yield job, share

    def takes_work(self, node: Node, now: Now) -> bool:
        """Whether a job may start on `node`, if there is room."""
        if node.drain or node.disk is Fill.FULL or self.node_state(node, now) is not NodeState.ONLINE:
            return False
        return not self.links[node.id].stale and not flaps(self.links[node.id], now)

    def places(self, now: Now, without: str) -> dict[str, tuple[Node, Free]]:
        """Nodes that take work, with what would be left of each if the job `without` held nothing."""
        found = {node.id: (node, usable(node)) for node in self.nodes.values() if self.takes_work(node, now)}
        for job in self.placed():
            for share in job.attempt.shares if job.attempt and job.id != without else ():
                if share.phase is not TaskPhase.ENDED and share.node in found:
                    node, left = found[share.node]
                    found[share.node] = (node, take(left, share, job.spec.request))
        return found

    def reachable(self, job: Job, now: Now) -> bool:
        """Whether every node of the job's attempt has been heard within the lease."""
        if job.state not in PLACED or job.attempt is None:
            return True
        return all(
            (node := self.nodes.get(share.node)) is not None
            and self.node_state(node, now) not in (NodeState.UNREACHABLE, NodeState.OFFLINE)
            for share in job.attempt.shares
            if share.phase is not TaskPhase.ENDED
        )

    def rendezvous_host(self, job: Job, node_id: str) -> str:
        """Where the ranks of `job` meet on `node_id`: on the loopback where all of them are on one machine."""
        nodes = [self.nodes.get(share.node) for share in job.attempt.shares] if job.attempt else []
        machines = {node.machine for node in nodes if node}
        node = self.nodes.get(node_id)
        return node.addresses[0] if node and node.addresses and len(machines) > 1 else "127.0.0.1"
