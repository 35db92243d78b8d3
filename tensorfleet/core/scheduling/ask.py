"""What the scheduler knows of a job that waits or runs: what it asks for, whose it is, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tensorfleet.core.job import Share
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.policy import JobClass


@dataclass(slots=True, eq=False)
class Ask:
    """One job in the eyes of the queue. Times are unix seconds, GPUs and slots alike are counted as ranks.

    rank: sorts it among its own (same class, team, user), lower first: the time of its submit less the boost of its
    priority. priority: 0 to 100, as it is counted in the rank. limit: seconds it runs at most, 0 for none. since:
    waiting since. attained: rank-seconds it has held. pinned: since when it goes before all others. interrupted: when
    others took its place lately. bad: nodes that failed it. shunned: nodes that it is kept from now: these, and those
    that are set aside for others. speed: of an elastic job, how fast it is on each number of ranks that it can run on,
    against the fewest. size: ranks it is to have next, 0 for as few as can be.
    """

    id: str
    request: Request
    rank: float
    team: str = ""
    user: str = ""
    job_class: JobClass = JobClass.NORMAL
    limit: float = 0.0
    preemptible: bool = True
    since: float = 0.0
    attained: float = 0.0
    pinned: float | None = None
    interrupted: tuple[float, ...] = ()
    bad: frozenset[str] = frozenset()
    shunned: frozenset[str] = frozenset()
    speed: Mapping[int, float] | None = None
    size: int = 0
    priority: int = 50

    @property
    def least(self) -> int:
        """The fewest ranks it runs with."""
        return min(self.speed) if self.speed else self.request.ranks

    @property
    def order(self) -> int:
        """Of its class; pinned, it counts as normal at least."""
        own = self.job_class.order
        return own if self.pinned is None else min(own, JobClass.NORMAL.order)

    def of_size(self, ranks: int) -> Request:
        """What it asks for on `ranks` ranks."""
        if ranks == self.request.ranks:
            return self.request
        nodes = ranks // self.request.per_node if self.request.nodes else 0
        return replace(self.request, ranks=ranks, nodes=nodes, min_nodes=0)


@dataclass(slots=True, eq=False)
class Holding:
    """A job on its nodes. started: of this attempt; saved: when its work was last safe. leaving: it has been told to
    make room."""

    ask: Ask
    request: Request
    shares: tuple[Share, ...]
    started: float
    saved: float
    weight: float = 1.0
    leaving: bool = False

    @property
    def ranks(self) -> int:
        return self.request.ranks

    def on(self, nodes: Collection[str]) -> bool:
        """Whether it holds something of one of `nodes`."""
        return any(share.node in nodes for share in self.shares)

    def attained(self, now: float) -> float:
        """Rank-seconds of service so far that count for its level."""
        return self.ask.attained + (now - self.started) * self.ranks

    def ends(self) -> float:
        """When it ends at the latest; infinity without a limit."""
        return self.started + self.ask.limit if self.ask.limit else float("inf")
