"""Who submits, stops and pauses, and what their programs do when they run."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tensorfleet.core.inputs import (
    CancelBooking,
    HoldJob,
    Input,
    MoveJob,
    Pause,
    Place,
    ReleaseJob,
    Reserve,
    Resume,
    Retry,
    SetDrain,
    SetJob,
    SetPolicy,
    Stop,
    Submit,
)
from tensorfleet.core.job import LIVE, TERMINAL, CauseCode, JobSpec, JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import HOUR, JobClass, Policy, Slice
from tensorfleet.errors import TensorFleetError
from tensorfleet.sim.head import Head
from tensorfleet.sim.story import Story
from tensorfleet.sim.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Behaviour:
    """lasts: seconds until its ranks end by themselves. dies: attempts that a signal ends. fails: it ends with an error
    of its own. listens: it ends when it is asked to. saves: seconds between checkpoints, 0 for none."""

    lasts: float
    dies: int = 0
    fails: bool = False
    listens: bool = False
    saves: float = 0.0

    def end(self, attempt: int) -> tuple[int | None, int | None]:
        """Exit code or signal of the ranks of `attempt`."""
        if attempt <= self.dies:
            return None, 9
        return (1 if self.fails else 0), None


@dataclass
class Promises:
    """What the head acknowledged. ended: jobs whose stop was, with the attempts they had had by then. retried: jobs
    that somebody wished to be tried again since they were over."""

    submitted: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)
    retried: set[str] = field(default_factory=set)


OWNERS = (("ada", "vision"), ("ada", "vision"), ("bob", "vision"), ("eve", "speech"))
"""Users and their teams."""


def _policy(chance: Random) -> Policy:
    """Settings under which much is interrupted and resized within minutes."""
    return Policy(
        half_life=chance.choice((60.0, 3600.0)),
        teams={"vision": Slice(cap=8), "speech": Slice(2.0, guarantee=chance.choice((0, 2)))},
        level=chance.choice((5.0, 8 * HOUR)),
        min_run=chance.choice((1.0, 1800.0)),
        loss_budget=1.0,
        resize_every=chance.choice((5.0, 1200.0)),
    )


class People:
    def __init__(self, timeline: Timeline, chance: Random, story: Story, head: Head) -> None:
        self._timeline, self._chance, self._story, self._head = timeline, chance, story, head
        self.behaviours: dict[str, Behaviour] = {}
        self.promises = Promises()
        self._count = 0

    def plan(self, span: float, jobs: int, wishes: int) -> None:
        """Submits and wishes at random times within `span` seconds."""
        for _ in range(jobs):
            self._timeline.after(self._chance.uniform(0.0, span * 0.7), self._submit)
        for _ in range(wishes):
            self._timeline.after(self._chance.uniform(1.0, span), self._wish)

    def _submit(self) -> None:
        chance, head = self._chance, self._head
        self._count += 1
        job = f"j{self._count}"
        ranks = chance.choice((1, 1, 1, 2, 2, 3, 4))
        nodes = chance.choice((0, 0, 1, 2)) if ranks in (2, 4) else 0
        live = [each for each in self.promises.submitted if head.store.jobs[each].state in LIVE]
        after = (chance.choice(sorted(live)),) if live and chance.random() < 0.15 else ()
        kind = chance.choice((Kind.SLOT, Kind.GPU))
        request = Request(kind, ranks, nodes, min_nodes=1 if nodes == 2 and chance.random() < 0.5 else 0)
        spec = JobSpec(
            job,
            ("x",),
            request,
            priority=chance.choice((30, 50, 70)),
            after=after,
            job_class=chance.choice((JobClass.NORMAL, JobClass.NORMAL, JobClass.NORMAL, *JobClass)),
            hold=chance.random() < 0.05,
            max_duration=chance.choice((0.0, 0.0, 0.0, 300.0)),
        )
        self.behaviours[job] = Behaviour(
            lasts=chance.choice((0.5, 4.0, 4.0, 20.0, 100.0)) * chance.uniform(0.5, 1.5),
            dies=chance.choice((0, 0, 0, 1, 2)),
            fails=chance.random() < 0.1,
            listens=chance.random() < 0.5,
            saves=chance.choice((0.0, 2.0)),
        )

        def answer(error: TensorFleetError | None) -> None:
            self._story.tell(self._timeline.now, "submit of {}: {}", job, error or "acknowledged")
            if error is None:
                self.promises.submitted.add(job)

        self._call(Submit(job, spec, *chance.choice(OWNERS)), answer)

    def _wish(self) -> None:
        chance = self._chance
        if not self.promises.submitted:
            return
        if chance.random() < 0.3:
            self._arrange(chance.choice(sorted(self.promises.submitted)))
            return
        job = chance.choice(sorted(self.promises.submitted))
        what = chance.choice(("stop", "kill", "pause", "resume", "requeue", "retry"))
        found = self._head.store.jobs[job]

        def answer(error: TensorFleetError | None) -> None:
            self._story.tell(self._timeline.now, "{} of {}: {}", what, job, error or "acknowledged")
            if error is not None:
                return
            if what in ("stop", "kill"):
                self.promises.ended[job] = len(self._head.store.jobs[job].attempts)

        match what:
            case "stop" | "kill":
                code = CauseCode.KILLED if what == "kill" else CauseCode.STOPPED
                self._call(Stop(job, "ada", code), answer)
            case "pause" | "requeue":
                self._call(Pause(job, "ada", chance.uniform(0.0, 10.0), what == "requeue"), answer)
            case "resume":
                self._call(Resume(job, "ada"), answer)
            case _ if found.state in TERMINAL and found.state is not JobState.SUCCEEDED:
                self.promises.retried.add(job)
                self.promises.ended.pop(job, None)
                met = [each for each in found.spec.after if self._head.store.jobs[each].state is JobState.SUCCEEDED]
                self._call(Retry(found, "ada", frozenset(met)), answer)

    def _arrange(self, job: str) -> None:
        """What people do to the queue."""
        chance = self._chance
        waiting = [each.id for each in self._head.store.jobs.values() if each.state is JobState.QUEUED]
        other = chance.choice(sorted(waiting)) if waiting else job
        what = chance.choice(
            (
                HoldJob(job, "ada"),
                ReleaseJob(job, "ada"),
                MoveJob(job, "ada", chance.choice(tuple(Place)), other),
                SetJob(job, "ada", priority=chance.choice((30, 50, 70))),
                SetJob(other, "ada", job_class=chance.choice(tuple(JobClass)), after=(job,)),
                SetPolicy(_policy(chance), "ada"),
                Reserve(self._booking()),
                CancelBooking(chance.choice(sorted(self._head.store.bookings) or ["none"]), "ada"),
            )
        )
        self._call(what, lambda error: self._story.tell(self._timeline.now, "{}: {}", what, error or "acknowledged"))

    def _booking(self) -> Booking:
        """A node set aside for some of them, soon, and not for long."""
        chance = self._chance
        self._count += 1
        start = self._head.now.wall + chance.choice((0.0, 10.0))
        node = chance.choice(sorted(self._head.store.nodes))
        team = chance.choice(("vision", "speech", ""))
        end = start + chance.uniform(5.0, 40.0)
        return Booking(f"r{self._count}", start, end, (node,), team=team, maintenance=not team, by="ada")

    def let_go(self) -> None:
        """At the end of a run: nobody leaves a job paused or held, or a node drained or set aside."""
        for booking in sorted(self._head.store.bookings):
            self._call(CancelBooking(booking, "ada"), lambda error: None)
        for node in list(self._head.store.nodes.values()):
            if node.drain:
                self._call(SetDrain(node.id, False, "ada"), lambda error: None)
        for job in sorted(self.promises.submitted):
            if self._head.store.jobs[job].state in (JobState.PAUSED, JobState.PAUSING):
                self._call(Resume(job, "ada"), lambda error: None)
            if self._head.store.jobs[job].held:
                self._call(ReleaseJob(job, "ada"), lambda error: None)

    def _call(self, what: Input, answer: object) -> None:
        """A request that reaches the head; one that is down or stopped answers nobody."""
        if self._head.up and not self._head.paused:
            self._head.ask(what, answer)  # type: ignore[arg-type]
