"""The simulated head: the real brain, a store that keeps what was committed, and sessions.

Like the real shell it decides about all that waits, commits it in one transaction that takes a while, and only then
tells anybody. A crash in between loses what was not committed; a pause lets everything wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from tensorfleet.core import liveness
from tensorfleet.core.actions import (
    Action,
    AnswerCheckpoint,
    Assign,
    DropBooking,
    DropNode,
    Forget,
    Halt,
    Launch,
    SaveBooking,
    SaveJob,
    SaveNode,
    SavePolicy,
    SaveUsed,
)
from tensorfleet.core.control import Control
from tensorfleet.core.inputs import Heard, Input, NodeDisconnected, Now, Tick
from tensorfleet.core.job import TERMINAL, Job
from tensorfleet.core.node import Node
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.scheduling.used import Used
from tensorfleet.errors import TensorFleetError
from tensorfleet.head.translate import to_message
from tensorfleet.sim.story import Story
from tensorfleet.sim.timeline import Timeline
from tensorfleet.wire.messages import HeadMessage

EPOCH = 1_700_000_000.0
"""The wall clock at the beginning, unix seconds."""

Answer = Callable[[TensorFleetError | None], None]


class Agent(Protocol):
    """The other end of a session. Both are called when the word arrives there."""

    def welcomed(self, session: Session) -> None: ...
    def told(self, session: Session, message: HeadMessage) -> None: ...


@dataclass(eq=False)
class Session:
    """As the head sees it. ready: the hello is decided, so that commands may go out."""

    node: str
    agent: Agent
    send: Callable[[Callable[[], None]], None]
    ready: bool = False
    waiting: list[HeadMessage] = field(default_factory=list)


@dataclass
class Store:
    """What is durable."""

    jobs: dict[str, Job] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    used: Used = field(default_factory=Used)
    bookings: dict[str, Booking] = field(default_factory=dict)


DURABLE = SaveJob | SaveNode | DropNode | SavePolicy | SaveUsed | SaveBooking | DropBooking
"""What has to be committed before anybody hears of it."""


class Head:
    """kept: told after each commit of the jobs in it, each as often as it changed. Its clocks: `drift` is how much
    faster its own one runs than true time, `jump` what was added to its wall clock. quiet: for how long each node had
    been silent when what was committed last was decided, in seconds in which the head was not stopped. slowed: when its
    disk was slow last."""

    def __init__(self, timeline: Timeline, chance: Random, story: Story, kept: Callable[[list[Job]], None]) -> None:
        self.timeline = timeline
        self._chance = chance
        self._story = story
        self._kept = kept
        self.store = Store()
        self.drift = chance.uniform(-0.02, 0.02)
        self.jump = 0.0
        self.slow_disk = False
        self.slowed = -math.inf
        self.life = 0
        self.up = False
        self.paused = False
        self.quiet: dict[str, float] = {}
        self._listened: dict[str, float] = {}
        self._asleep = self._stopped = 0.0
        self._backlog: list[Callable[[], None]] = []
        self._inbox: list[tuple[Input, Answer | None]] = []
        self._busy = False
        self._sessions: dict[str, Session] = {}

    @property
    def now(self) -> Now:
        mono = self.timeline.now * (1 + self.drift)
        return Now(EPOCH + self.timeline.now + self.jump, mono)

    @property
    def _awake(self) -> float:
        return self.timeline.now - self._asleep

    def start(self) -> None:
        """From what is durable, and with nothing else."""
        self.life += 1
        self._listened = dict.fromkeys(self.store.nodes, self._awake)
        self.up, self.paused, self._busy = True, False, False
        self._inbox, self._backlog, self._sessions = [], [], {}
        jobs = [job for job in self.store.jobs.values() if job.state not in TERMINAL]
        kept = self.store
        self.control = Control(jobs, kept.nodes.values(), self.now, kept.policy, kept.used, kept.bookings.values())
        self._story.tell(self.timeline.now, "the head starts with {} live jobs", len(jobs))
        self._tick(self.life)

    def crash(self) -> None:
        """Every session ends with it; the agents notice by themselves."""
        self._story.tell(self.timeline.now, "the head dies")
        self.up = False
        self._sessions = {}

    def pause(self) -> None:
        self._story.tell(self.timeline.now, "the head is stopped for a while")
        self.paused = True
        self._stopped = self.timeline.now

    def go_on(self) -> None:
        self._story.tell(self.timeline.now, "the head goes on")
        self.paused = False
        self._asleep += self.timeline.now - self._stopped
        backlog, self._backlog = self._backlog, []
        for what in backlog:
            self.when_awake(what)

    def when_awake(self, what: Callable[[], None]) -> None:
        """Now, or when the head is no longer stopped; never after it died."""
        if self.paused:
            self._backlog.append(what)
        elif self.up:
            what()

    def ask(self, what: Input, answer: Answer | None = None) -> None:
        """`answer` comes when it is durable, or refused."""
        self._inbox.append((what, answer))
        if not self._busy:
            self._busy = True
            self._decide()

    def enter(self, session: Session, hello: Input) -> None:
        """A session's first word arrived."""
        self._sessions[session.node] = session
        self._listened[session.node] = self._awake
        self.ask(hello, lambda error: self._ready(session, error))

    def leave(self, session: Session) -> None:
        """The session is seen to be over."""
        if self._sessions.get(session.node) is session:
            del self._sessions[session.node]
            self.ask(NodeDisconnected(session.node))

    def has(self, session: Session) -> bool:
        return self.up and self._sessions.get(session.node) is session

    def heard(self, node: str) -> None:
        self._listened[node] = self._awake
        if self._busy:
            self._inbox.append((Heard(node), None))
        else:  # the commonest input, and one that needs no commit
            self.control.handle(Heard(node), self.now)

    def _alive(self, life: int, what: Callable[[], None]) -> None:
        if self.life == life:
            self.when_awake(what)

    def _tick(self, life: int) -> None:
        self.ask(Tick())
        self.timeline.after(1.0, lambda: self._alive(life, lambda: self._tick(life)))

    def _ready(self, session: Session, error: TensorFleetError | None) -> None:
        if error is None and self.has(session):
            session.ready = True
            session.send(lambda: session.agent.welcomed(session))
            for message in session.waiting:
                self._say(session, message)

    def _decide(self) -> None:
        batch, self._inbox = sorted(self._inbox, key=lambda each: liveness.comes_last(each[0])), []
        now, actions = self.now, list[Action]()
        answers: list[tuple[Answer, TensorFleetError | None]] = []
        for what, answer in batch:
            try:
                actions += self.control.handle(what, now)
                error = None
            except TensorFleetError as refusal:
                error = refusal
            if answer:
                answers.append((answer, error))
        actions += self.control.settle(now)
        writes = any(isinstance(action, DURABLE) for action in actions)
        span = (1.0, 12.0) if self.slow_disk else (0.001, 0.02)
        self.slowed = self.timeline.now if self.slow_disk else self.slowed
        life = self.life
        quiet = {node: self._awake - at for node, at in self._listened.items()} if writes else {}
        if writes:
            self.timeline.after(
                self._chance.uniform(*span), lambda: self._alive(life, lambda: self._commit(actions, answers, quiet))
            )
        else:
            self._commit(actions, answers, quiet)

    def _commit(
        self,
        actions: list[Action],
        answers: list[tuple[Answer, TensorFleetError | None]],
        quiet: dict[str, float],
    ) -> None:
        saved: dict[str, Job] = {}
        self.quiet = quiet
        for action in actions:
            match action:
                case SaveJob(job):
                    saved[job.id] = job
                case SaveNode(node):
                    self.store.nodes[node.id] = node
                case DropNode(node_id):
                    del self.store.nodes[node_id]
                case SavePolicy(policy):
                    self.store.policy = policy
                case SaveUsed(used):
                    self.store.used = used
                case SaveBooking(booking):
                    self.store.bookings[booking.id] = booking
                case DropBooking(booking_id):
                    del self.store.bookings[booking_id]
                case _:
                    pass
        self.control.keep()
        self.store.jobs.update(saved)
        if saved:
            self._kept([action.job for action in actions if isinstance(action, SaveJob)])
        for action in actions:
            if isinstance(action, Assign | Launch | Halt | Forget | AnswerCheckpoint):
                self._command(action)
        for answer, error in answers:
            answer(error)
        self._busy = bool(self._inbox)
        if self._busy:
            self._decide()

    def _command(self, command: Assign | Launch | Halt | Forget | AnswerCheckpoint) -> None:
        session = self._sessions.get(command.node)
        self._story.tell(self.timeline.now, "head: {}", command if not isinstance(command, Assign) else _short(command))
        if session is None:
            return
        message = to_message(command)
        if session.ready:
            self._say(session, message)
        else:
            session.waiting.append(message)

    def _say(self, session: Session, message: HeadMessage) -> None:
        session.send(lambda: session.agent.told(session, message))


def _short(command: Assign) -> str:
    attempt = command.job.attempts[-1].number
    return f"Assign({command.node}, {command.job.id}.{attempt}.{command.share.node_rank}, {command.share.ranks} ranks)"
