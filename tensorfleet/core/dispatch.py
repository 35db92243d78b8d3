"""Keeps a scheduler in step with the fleet, and asks it who starts now.

The scheduler is told of what changed and of nothing else, so that a pass costs what happened and not what there is.
Its clock is the wall's at the start of the head, carried on by one that never jumps.
"""

from __future__ import annotations

from tensorfleet.core import asks
from tensorfleet.core.draft import Draft
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now
from tensorfleet.core.job import PLACED, TERMINAL, Job, JobState, Share
from tensorfleet.core.node import Node
from tensorfleet.core.preemptible import preemptible
from tensorfleet.core.queue import key
from tensorfleet.core.retry import shunned
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.calendar import Calendar
from tensorfleet.core.scheduling.grid import left_of, weight_on
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.scheduling.scheduler import Decision, Scheduler
from tensorfleet.core.scheduling.throttle import Throttle
from tensorfleet.core.scheduling.used import Used

KEPT_EVERY = 60.0
"""Seconds between two times that what everybody used is written down."""

DRIFT = 1.0
"""Seconds that the wall clock may move against the scheduler's before what is set aside moves with it."""

LEAVING = frozenset({JobState.PAUSING, JobState.STOPPING, JobState.RECOVERING})
"""States of jobs that are about to give back what they hold."""


class Dispatch:
    """The scheduler of one fleet."""

    def __init__(self, fleet: Fleet, policy: Policy, now: Now, used: Used, bookings: Draft[Booking]) -> None:
        self._fleet = fleet
        self._bookings = bookings
        self._calendar_of = -1
        self.passes = 0
        """How many there were."""
        self._zero = now.wall - now.mono
        self._nodes: dict[str, Node] = {}
        self._asks: dict[str, Ask] = {}
        self._throttle = Throttle()
        self.scheduler = Scheduler(policy)
        self.scheduler.ledger.recall(used, now.wall, self.clock(now))
        self._written = now.mono
        self.sync(now)

    def reform(self, policy: Policy, now: Now) -> None:
        """The same jobs and nodes under another policy; what teams and users had is not forgotten."""
        old, at = self.scheduler, self.clock(now)
        self.scheduler = Scheduler(policy)
        self.scheduler.ledger.take_over(old.ledger, at)
        self._calendar_of = -1
        self._nodes = {}
        self._throttle = Throttle()
        for job in list(self._fleet.jobs.values()):
            self._fleet.jobs.touch(job.id)

    def clock(self, now: Now) -> float:
        """Unix seconds as the scheduler counts them."""
        return self._zero + now.mono

    def used(self, now: Now) -> Used:
        """What everybody had until now."""
        return self.scheduler.ledger.used(now.wall, self.clock(now))

    def used_lately(self, now: Now) -> Used | None:
        """The same, to be written down: once a while, and only where somebody used something."""
        if now.mono - self._written < KEPT_EVERY or not self.scheduler.ledger.stirred:
            return None
        self._written = now.mono
        return self.used(now)

    def due(self, now: Now) -> bool:
        """Whether a pass may decide something new although nothing happened."""
        return self.clock(now) >= self.scheduler.wake

    def decide(self, now: Now) -> Decision:
        """One pass."""
        self.sync(now)
        self.passes += 1
        return self.scheduler.decide(self.clock(now))

    def in_the_way(self, now: Now) -> list[str]:
        """Jobs that can be interrupted and run where is now set aside for others."""
        calendar, at = self.scheduler.calendar, self.clock(now)
        return [
            each.ask.id
            for each in (self.scheduler.holdings.values() if calendar else ())
            if each.ask.preemptible
            and not each.leaving
            and calendar.closes(each.ask, (s.node for s in each.shares), at)
        ]

    def sync(self, now: Now) -> None:
        """Tells the scheduler what changed since it was told last."""
        ahead = now.wall - self.clock(now)
        if self._calendar_of != self._bookings.changes or abs(ahead - self.scheduler.calendar.ahead) > DRIFT:
            self._calendar_of = self._bookings.changes
            self.scheduler.calendar = Calendar(self._bookings.values(), ahead)
        if self._sync_nodes(now):
            for each in list(self._fleet.waiting()):
                if shunned(each):
                    self._fleet.jobs.touch(each.id)
        for job_id in self._fleet.jobs.touched():
            self._follow(job_id, self._fleet.jobs.get(job_id), now)
        for may, may_not in self._throttle.news():
            for job_id in may_not:
                self.scheduler.withdraw(job_id)
            for job_id in may:
                if job_id not in self.scheduler.line and (job := self._fleet.jobs.get(job_id)):
                    self._enqueue(job, False, now)

    def _sync_nodes(self, now: Now) -> bool:
        """Whether any node came, went, or changed."""
        fresh = {node.id: node for node in self._fleet.nodes.values() if self._fleet.takes_work(node, now)}
        changed = [node for node in fresh.values() if self._nodes.get(node.id) is not node]
        gone = [node_id for node_id in self._nodes if node_id not in fresh]
        for node_id in gone:
            self.scheduler.drop_node(node_id)
        if changed:
            held: dict[str, list[tuple[Share, Holding]]] = {}
            for holding in self.scheduler.holdings.values():
                for share in holding.shares:
                    held.setdefault(share.node, []).append((share, holding))
            for node in sorted(changed, key=lambda node: node.name):
                here = [(share, holding.request) for share, holding in held.get(node.id, ())]
                self.scheduler.put_node(node, left_of(node, here))
        self._nodes = fresh
        return bool(changed or gone)

    def _follow(self, job_id: str, job: Job | None, now: Now) -> None:
        """Gives the scheduler the truth about a job that may have changed."""
        scheduler = self.scheduler
        if job_id in scheduler.holdings and not (job and self._matches(scheduler.holdings[job_id], job)):
            scheduler.ended(job_id, self.clock(now))
        waited = scheduler.withdraw(job_id) is not None
        if job is None or job.state in TERMINAL:
            self._asks.pop(job_id, None)
            scheduler.forget(job_id)
        if job is None:
            self._throttle.drop(job_id)
            return
        may = job.state is JobState.QUEUED and not (job.held or job.waits_for or job_id in self._fleet.backoff)
        if self._throttle.put(job, may) and not waited:
            may = False
        if may:
            self._enqueue(job, waited, now)
        elif job.state in PLACED:
            self._hold(job, now)

    @staticmethod
    def _matches(holding: Holding, job: Job) -> bool:
        mine = [(share.node, share.gpus, share.ranks) for share in holding.shares]
        return mine == [(share.node, share.gpus, share.ranks) for share in asks.held_shares(job)]

    def _hold(self, job: Job, now: Now) -> None:
        attempt = job.attempt
        shares = asks.held_shares(job)
        if attempt is None or not shares:
            return
        if job.id not in self.scheduler.holdings:
            ask = self._asks.setdefault(job.id, asks.ask_of(job, self.scheduler.policy))
            request = ask.of_size(sum(share.ranks for share in shares))
            started = self.clock(now) - max(0.0, now.wall - attempt.placed)
            # Of the fleet's node, not the grid's: it may take no work just now.
            weight = weight_on(self._fleet.nodes.get(shares[0].node), request, self.scheduler.policy)
            self.scheduler.started(Holding(ask, request, shares, started, attempt.saved, weight), self.clock(now))
        self.scheduler.refresh(job.id, attempt.saved, job.state in LEAVING, preemptible(job))

    def _enqueue(self, job: Job, waited: bool, now: Now) -> None:
        """waited: it was in line before this change."""
        old, at = self._asks.get(job.id), self.clock(now)
        ask = asks.ask_of(job, self.scheduler.policy)
        ask.bad = ask.shunned = self._bad_for(job, ask)
        ask.since = at - max(0.0, now.wall - job.since)
        if old:
            ask.since = old.since if waited else at
            ask.size, ask.attained, ask.interrupted = old.size, old.attained, old.interrupted
        self._asks[job.id] = ask
        self.scheduler.enqueue(ask)

    def _bad_for(self, job: Job, ask: Ask) -> frozenset[str]:
        """Nodes that failed it before, unless only they could ever take it."""
        bad = shunned(job)
        return bad if bad and self.scheduler.grid.could_ever(ask.of_size(ask.least), bad) else frozenset()

    def position(self, job_id: str, now: Now) -> int:
        """Its place among those who are in line, from 1; 0 for others."""
        if job_id not in self.scheduler.line:
            return 0
        return self.scheduler.line.position(job_id, self.scheduler.standings(self.clock(now)))

    def in_order(self, now: Now) -> list[str]:
        """Ids of all jobs that wait: first the line as it is considered, then those that may not start yet."""
        line = [ask.id for ask in self.scheduler.line.in_order(self.scheduler.standings(self.clock(now)))]
        seen = set(line)
        return [*line, *(job.id for job in sorted(self._fleet.waiting(), key=key) if job.id not in seen)]
