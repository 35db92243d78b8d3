"""What must hold after every step, and what must have become of everything once the faults are over.

The names I1 to I12 are those of docs/simulation.md.
"""

from __future__ import annotations

from collections import Counter
from math import inf

from tensorfleet.core.attempts import alloc_of
from tensorfleet.core.invariants import violations
from tensorfleet.core.job import PLACED, TERMINAL, Job, JobState, TaskPhase, parse_alloc
from tensorfleet.core.scheduling.booking import admits
from tensorfleet.sim.head import Head
from tensorfleet.sim.machine import Machine
from tensorfleet.sim.people import Promises

LEASE = 8.0
"""Seconds of silence of a node that are never enough to give it up. Written down once more: the brain's constants are
what is being checked."""


LONG = LEASE * 3
"""Seconds after which a node counts as silent whatever the head excuses: the lease, and one write to a slow disk."""

EDGE = 2.0
"""Seconds about the beginning and the end of a reservation in which the head may think either: the clock that it plans
by may be that far from the wall clock."""

ENDED_WITHIN = 60.0
"""Seconds within which an attempt that is to end has ended, where nothing is in the way: a lost session is noticed and
made anew within 12, the longest grace is 10, and some ranks take 5 longer."""


class Broken(Exception):
    """An invariant does not hold."""


class Checks:
    def __init__(self, head: Head, machines: list[Machine], promises: Promises) -> None:
        self._head, self._machines, self._promises = head, machines, promises
        self._numbers: dict[str, int] = {}
        self._over: set[str] = set()
        self._started: set[tuple[str, str]] = set()
        self._checkpoints: dict[str, set[tuple[int, int]]] = {}
        self._given_up: set[str] = set()
        self._ending: dict[str, float] = {}

    def kept(self, jobs: list[Job]) -> None:
        """`jobs` became durable."""
        for wrong in violations(self._head.control.fleet):
            raise Broken(f"I11: {wrong}")
        for job in jobs:
            number = job.attempt.number if job.attempt else 0
            if number < self._numbers.get(job.id, 0):
                raise Broken(f"I9: the attempts of {job.id} go back to {number}")
            self._numbers[job.id] = number
            if job.id in self._over and job.state not in TERMINAL and job.id not in self._promises.retried:
                raise Broken(f"I8: {job.id} was over, and is {job.state.value} without having been retried")
            if job.state in TERMINAL:
                self._over.add(job.id)
                self._promises.retried.discard(job.id)
            elif job.id in self._promises.retried:
                self._over.discard(job.id)
            stopped = self._promises.ended.get(job.id)
            if stopped is not None and len(job.attempts) > stopped:
                raise Broken(f"I8: {job.id} got another attempt after its stop was acknowledged")
            if job.state in (JobState.RECOVERING, JobState.STOPPING, JobState.PAUSING):
                self._ending.setdefault(job.id, self._head.timeline.now)
            else:
                self._ending.pop(job.id, None)
            self._check_checkpoints(job, number)
            self._check_losses(job)
            self._check_place(job)

    def _check_checkpoints(self, job: Job, number: int) -> None:
        """Every new one is of the attempt that was current when it was committed (I9)."""
        keys = {each.key for each in job.checkpoints}
        late = [key for key in keys - self._checkpoints.get(job.id, set()) if key[0] != number]
        if late:
            raise Broken(f"I9: {job.id} is at attempt {number}, and a checkpoint of attempt {late[0][0]} became one")
        self._checkpoints[job.id] = keys

    def _check_place(self, job: Job) -> None:
        """Nobody starts on a node that is set aside for others at that time (I12)."""
        if job.attempt is None or job.state is not JobState.STARTING:
            return
        for booking in self._head.store.bookings.values():
            inside = booking.start + EDGE < job.attempt.placed < booking.end - EDGE
            if inside and not admits(booking, job.team, job.owner, job.spec.job_class.value):
                there = [share.node for share in job.attempt.shares if share.node in booking.nodes]
                if there:
                    raise Broken(f"I12: {job.id} starts on {there}, set aside by {booking}")

    def _check_losses(self, job: Job) -> None:
        """A share is given up for silence or because its node does not know it, and for nothing less (I4, I5, I6)."""
        for share in job.attempt.shares if job.attempt else ():
            alloc = alloc_of(job, share)
            if not share.error or share.phase is not TaskPhase.ENDED or alloc in self._given_up:
                continue
            self._given_up.add(alloc)
            if "no longer knows" in share.error and (share.node, alloc) in self._started:
                raise Broken(f"I6: {alloc} has run, and {share.node} was let forget it before its end was kept")
            if "not heard" in share.error:
                self._check_silence(alloc, share.node)

    def _check_silence(self, alloc: str, node: str) -> None:
        quiet = self._head.quiet
        if quiet[node] < LEASE:
            raise Broken(f"I4: {alloc} was given up after {quiet[node]:.1f} s of silence of {node}")
        if self._head.timeline.now - self._head.slowed < LONG:
            return  # it excuses the time in which it waited for its disk: some are silent to us, and not yet to it
        silent = sum(each > LONG for each in quiet.values())
        if silent > max(len(quiet) - silent, 1):
            raise Broken(f"I4: {alloc} was given up while most of the fleet is silent: {quiet}")

    def began(self, machine: Machine, alloc: str) -> None:
        """Ranks of `alloc` start on `machine`."""
        job_id, number, _ = parse_alloc(alloc)
        if (machine.id, alloc) in self._started:
            raise Broken(f"I2: {alloc} starts a second time on {machine.id}")
        self._started.add((machine.id, alloc))
        job = self._head.store.jobs.get(job_id)
        if job is None or job.attempt is None or job.attempt.number < number:
            raise Broken(f"I9: {alloc} starts, and the head has no durable word of it")
        held = Counter(machine.held())
        if held.pop("", 0) > machine.slots or any(count > 1 for count in held.values()):
            raise Broken(f"I11: {machine.alive()} on {machine.id}, which has {machine.slots} slots; GPUs: {held}")

    def settled(self) -> None:
        """The faults have been over for long enough (I10)."""
        jobs = self._head.store.jobs
        for job_id in sorted(self._promises.submitted):
            if job_id not in jobs:
                raise Broken(f"I6: {job_id} was acknowledged, and is gone")
            if jobs[job_id].state not in TERMINAL:
                why = self._head.control.why(jobs[job_id], self._head.now)
                raise Broken(f"I10: {job_id} is still {jobs[job_id].state.value}: {why}")
            if job_id in self._promises.ended and jobs[job_id].state is JobState.SUCCEEDED:
                self._check_success(jobs[job_id])
        for machine in self._machines:
            if machine.alive():
                raise Broken(f"I10: {machine.id} still runs {machine.alive()}")
            if machine.disk:
                raise Broken(f"I10: {machine.id} still keeps {sorted(machine.disk)}")

    def _check_success(self, job: Job) -> None:
        """A stopped job may only have succeeded if that was before the stop took effect; the table forbids it after."""
        raise Broken(f"I8: {job.id} succeeded after its stop was acknowledged")

    def agree(self) -> None:
        """What the head shows as running is running, and nothing else is, once nothing befell anybody for a while
        (I10)."""
        by_id = {machine.id: machine for machine in self._machines}
        wanted = set[str]()
        for job in self._head.store.jobs.values():
            if job.state not in PLACED or job.attempt is None:
                continue
            took = self._head.timeline.now - self._ending.get(job.id, inf)
            if took > ENDED_WITHIN:
                raise Broken(f"I10: {job.id} is {job.state.value} for {took:.0f} s: {job.attempt}")
            wanted.update(alloc_of(job, share) for share in job.attempt.shares)
            for share in job.attempt.shares:
                if share.phase is TaskPhase.RUNNING and alloc_of(job, share) not in by_id[share.node].disk:
                    raise Broken(
                        f"I10: {alloc_of(job, share)} is shown as running, and {share.node} has no trace of it"
                    )
        for machine in self._machines:
            orphans = sorted(set(machine.alive()) - wanted)
            if orphans:
                raise Broken(f"I10: {orphans} run on {machine.id}, and no job has them")
