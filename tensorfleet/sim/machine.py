"""A simulated machine: a disk, shims with ranks that outlive the agent, and the agent with its real brain.

What the real `work.py` does with files and processes is done here with two dictionaries: `disk` survives everything,
`shims` survive the agent but no reboot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from tensorfleet.agent import decide
from tensorfleet.agent.link import HEARTBEAT, SILENCE
from tensorfleet.core.inputs import CheckpointDone, TaskPrepared, TaskRunning
from tensorfleet.head.translate import connected, ended
from tensorfleet.sim.head import EPOCH, Head, Session
from tensorfleet.sim.links import Link
from tensorfleet.sim.people import Behaviour
from tensorfleet.sim.story import Story
from tensorfleet.sim.timeline import Timeline
from tensorfleet.wire.messages import (
    AgentMessage,
    AssignTask,
    CheckpointAnswer,
    ExitReport,
    GpuFact,
    HeadMessage,
    NodeFacts,
    ReportTaskCompletion,
    ReportTaskProgress,
)

STUBBORN = 0.1
"""How often ranks take their time to end, be it in a handler of their own or in the kernel."""

NOTICED = 20.0
"""Seconds until the head's keepalive notices that an agent it can no longer reach is gone."""


@dataclass(slots=True)
class Folder:
    """A task's directory. launched: the tombstone. stop: the wish to end. left: how its ranks ended."""

    assign: AssignTask
    launched: bool = False
    stop: bool = False
    left: ReportTaskCompletion | None = None
    done: ReportTaskCompletion | None = None


@dataclass(slots=True)
class Shim:
    """alive: of the shim itself; its ranks may go on without it. until: when they are to end by themselves."""

    alloc: str
    ranks: int
    gpus: tuple[str, ...] = ()
    alive: bool = True
    running: bool = True


class Machine:
    """began: told of every start of ranks, to be checked."""

    def __init__(
        self,
        name: str,
        slots: int,
        timeline: Timeline,
        chance: Random,
        story: Story,
        head: Head,
        behaviours: dict[str, Behaviour],
        began: Callable[[Machine, str], None],
    ) -> None:
        self.id, self.slots = name, slots
        self._timeline, self._chance, self._story = timeline, chance, story
        self._head, self._behaviours, self._began = head, behaviours, began
        self.link = Link(timeline, chance)
        self._gpus = tuple(GpuFact(f"{name}{place}", place, "A100", 2**35) for place in range(slots))
        self.drift = chance.uniform(-0.02, 0.02)
        self.disk: dict[str, Folder] = {}
        self.shims: dict[str, Shim] = {}
        self.boot = 1
        self.life = 0
        self.up = False
        self.brain = decide.Brain()
        self._session: Session | None = None
        self._heard = 0.0

    # the agent as a process

    def start(self) -> None:
        """The agent, with what an earlier one left on the disk."""
        self.life += 1
        self.up, self._session = True, None
        self.brain = decide.Brain()
        self._tell("starts")
        for alloc, folder in sorted(self.disk.items()):
            phase = decide.Phase.RUNNING if folder.launched else decide.Phase.PREPARING
            phase = decide.Phase.ENDED if folder.done else phase
            self.brain.adopt(decide.Task(folder.assign, phase, completion=folder.done))
            if phase is decide.Phase.PREPARING:
                self._later(0.01, 0.5, partial(self._prepare, folder.assign))
            elif phase is decide.Phase.RUNNING:
                self._later(0.01, 0.3, partial(self._adopt, alloc))
        self._later(0.0, 0.5, self._connect)

    def crash(self) -> None:
        """kill -9 of the agent: its connection closes, shims and ranks go on."""
        self._tell("the agent dies")
        self._close()
        self.up = False

    def reboot(self) -> None:
        """The machine goes down: nothing is left but the disk, and nobody is told."""
        self._tell("goes down")
        self.up = False
        self._session = None
        self.shims.clear()
        self.boot += 1

    def kill_shim(self, alloc: str) -> None:
        """kill -9 of a shim: its ranks go on until the agent ends them."""
        shim = self.shims.get(alloc)
        if shim and shim.alive:
            self._tell("the shim of {} dies", alloc)
            shim.alive = False
            if self.up:
                self._later(0.0, 1.0, partial(self._lost_shim, alloc))

    def alive(self) -> dict[str, int]:
        """Ranks that run here, by attempt."""
        return {alloc: shim.ranks for alloc, shim in self.shims.items() if shim.running}

    def held(self) -> list[str]:
        """What running ranks occupy: a GPU by its name, a slot without one."""
        return [each for shim in self.shims.values() if shim.running for each in shim.gpus or ("",) * shim.ranks]

    def _later(self, least: float, most: float, what: Callable[[], None]) -> None:
        """In this life of the agent only."""
        life, boot = self.life, self.boot
        self._timeline.after(
            self._chance.uniform(least, most),
            lambda: what() if self.up and self.life == life and self.boot == boot else None,
        )

    def _tell(self, text: str, *parts: object) -> None:
        self._story.tell(self._timeline.now, f"{self.id}: {text}", *parts)

    # its session

    def _connect(self) -> None:
        if self._session is not None:
            return
        session = Session(self.id, self, self.link.down.send_and_perhaps_again)
        facts = NodeFacts(self.id, f"{self.id}/{self.boot}", ("10.0.0.1",), "1", self.slots, 8.0, 2**36, self._gpus)
        hello = connected(self.id, facts, self.brain.states())
        self._session, self._heard = session, self._timeline.now
        self._welcome = False
        head = self._head
        self.link.up.send(
            lambda: head.when_awake(lambda: head.enter(session, hello)) if head.up else self._refused(session)
        )
        self._watch(session)

    def _refused(self, session: Session) -> None:
        """Nobody listens there."""
        if self.up and self._session is session:
            self._session = None
            self._later(0.1, 2.0, self._connect)

    def _close(self) -> None:
        """Ends the session from this side; the head sees it when the word, or its keepalive, gets there."""
        session, self._session = self._session, None
        if session is None:
            return
        head = self._head

        def seen() -> None:
            head.when_awake(lambda: head.leave(session))

        self.link.up.send(seen)
        self._timeline.after(NOTICED, seen)

    def _watch(self, session: Session) -> None:
        if self._session is not session:
            return
        if self._timeline.now - self._heard > SILENCE or not self._knows(session):
            self._tell("lost the head")
            self._close()
            self._later(0.1, 2.0, self._connect)
            return
        if self._welcome:
            self._say(lambda: self._beat(session))
        self._later(HEARTBEAT, HEARTBEAT, lambda: self._watch(session))

    def _knows(self, session: Session) -> bool:
        """Whether the head's end is still there: a head that died has closed it."""
        return not self._welcome or self._head.has(session) or self.link.down.cut or self._head.paused

    def _beat(self, session: Session) -> None:
        self._head.heard(self.id)
        session.send(lambda: self._renewed(session))

    def _renewed(self, session: Session) -> None:
        if self._session is session:
            self._heard = self._timeline.now

    def welcomed(self, session: Session) -> None:
        if not self.up or self._session is not session:
            return
        self._welcome, self._heard = True, self._timeline.now
        self._do(self.brain.handle(decide.Connected()))

    def told(self, session: Session, message: HeadMessage) -> None:
        if not self.up or self._session is not session:
            return
        self._heard = self._timeline.now
        if isinstance(message, CheckpointAnswer):
            return
        self._do(self.brain.handle(message))  # type: ignore[arg-type]  # what the head sends are commands

    def _say(self, arrive: Callable[[], None]) -> None:
        """`arrive` happens at the head, if this session gets it there."""
        session, head = self._session, self._head
        if session is None or not self._welcome:
            return
        self.link.up.send_and_perhaps_again(lambda: head.when_awake(lambda: arrive() if head.has(session) else None))

    def _report(self, message: AgentMessage) -> None:
        head = self._head
        match message:
            case ReportTaskProgress(phase="prepared"):
                self._say(lambda: head.ask(TaskPrepared(self.id, message.alloc, message.port)))
            case ReportTaskProgress():
                self._say(lambda: head.ask(TaskRunning(self.id, message.alloc)))
            case ReportTaskCompletion():
                self._tell("reports {}", message)
                self._say(lambda: head.ask(ended(self.id, message)))
            case _:
                raise AssertionError(message)

    # what its brain wants done

    def _happened(self, what: decide.Happening) -> None:
        self._do(self.brain.handle(what))

    def _do(self, actions: list[decide.Action]) -> None:
        for action in actions:
            match action:
                case decide.Prepare(assign):
                    self._later(0.001, 0.2, partial(self._make, assign))
                case decide.StartRanks(assign, _):
                    self._later(0.001, 0.2, partial(self._launch, assign))
                case decide.EndRanks():
                    self._end(action)
                case decide.Drain(alloc):
                    self._later(0.01, 0.5, partial(self._drain, alloc))
                case decide.Remove(alloc):
                    self._later(0.001, 0.1, partial(self._remove, alloc))
                case decide.Report(message):
                    if isinstance(message, ReportTaskCompletion) and message.alloc in self.disk:
                        self.disk[message.alloc].done = message
                    self._report(message)

    def _make(self, assign: AssignTask) -> None:
        self.disk.setdefault(assign.alloc, Folder(assign))
        self._later(0.01, 0.5, partial(self._prepare, assign))

    def _prepare(self, assign: AssignTask) -> None:
        if self._chance.random() < 0.01:
            self._happened(decide.NotPrepared(assign.alloc, "its disk is full.", fault=True))
        else:
            self._happened(decide.Prepared(assign.alloc, 4000 if assign.node_rank == 0 else 0))

    def _launch(self, assign: AssignTask) -> None:
        """The tombstone first, then the ranks."""
        self.disk[assign.alloc].launched = True
        self._later(0.001, 0.1, partial(self._fork, assign))

    def _fork(self, assign: AssignTask) -> None:
        alloc = assign.alloc
        shim = Shim(alloc, assign.local_ranks[assign.node_rank], assign.gpus)
        self.shims[alloc] = shim
        self._tell("ranks of {} start", alloc)
        self._began(self, alloc)
        behaviour = self._behaviours[assign.job]
        lasts = behaviour.lasts * self._chance.uniform(0.9, 1.1)
        code, signal = behaviour.end(assign.attempt)
        self._of_boot(lasts, lambda: self._left(shim, code, signal))
        if behaviour.saves:
            self._of_boot(behaviour.saves, lambda: self._save(shim, assign, 1))
        self._later(0.0, 0.05, lambda: self._happened(decide.Started(alloc)))

    def _of_boot(self, seconds: float, what: Callable[[], None]) -> None:
        """Whatever becomes of the agent, as long as the machine is up."""
        boot = self.boot
        self._timeline.after(seconds, lambda: what() if self.boot == boot else None)

    def _save(self, shim: Shim, assign: AssignTask, serial: int) -> None:
        """A checkpoint, reported until the ranks end; a share of a gang reports its part."""
        if not shim.running:
            return
        if self.up:
            parts = len(assign.local_ranks)
            done = CheckpointDone(
                self.id, assign.alloc, serial, serial, parts, f"{serial:064d}", 1, {}, "", EPOCH + self._timeline.now
            )
            self._say(lambda: self._head.ask(done))
        self._of_boot(self._behaviours[assign.job].saves, lambda: self._save(shim, assign, serial + 1))

    def _left(self, shim: Shim, code: int | None, signal: int | None, heard: bool = False) -> None:
        """The ranks are over. A shim that lives writes it down, and an agent that lives hears of it."""
        if not shim.running:
            return
        shim.running = False
        if not shim.alive:
            return
        folder = self.disk[shim.alloc]
        first = folder.assign.first_rank
        exits = tuple(ExitReport(first + n, code, signal, EPOCH) for n in range(shim.ranks))
        failed = None if code == 0 else first
        folder.left = ReportTaskCompletion(shim.alloc, exits, failed, heard=heard)
        if self.up:
            self._later(0.001, 0.1, partial(self._tell_left, shim.alloc))

    def _tell_left(self, alloc: str) -> None:
        folder = self.disk.get(alloc)
        task = self.brain.tasks.get(alloc)
        if folder and folder.left and task and task.phase in (decide.Phase.LAUNCHING, decide.Phase.RUNNING):
            self._happened(decide.Exited(alloc, folder.left))

    def _lost_shim(self, alloc: str) -> None:
        """The agent ends what a dead shim left behind."""
        shim, task = self.shims.get(alloc), self.brain.tasks.get(alloc)
        if shim:
            shim.running = False
        if task and task.phase in (decide.Phase.LAUNCHING, decide.Phase.RUNNING):
            lost = ReportTaskCompletion(alloc, error="its shim was lost.", fault=True)
            self._happened(decide.Exited(alloc, lost))

    def _adopt(self, alloc: str) -> None:
        shim, folder = self.shims.get(alloc), self.disk.get(alloc)
        if folder is None:
            return
        if folder.left:
            self._tell_left(alloc)
        elif shim and shim.alive:
            self._happened(decide.Started(alloc))
        else:
            self._lost_shim(alloc)

    def _end(self, end: decide.EndRanks) -> None:
        folder, shim = self.disk[end.alloc], self.shims.get(end.alloc)
        folder.stop = True
        if shim is None or not shim.alive:
            # Not forked yet, or lost: looked at again, as the real one does when it has a shim to speak to.
            if end.alloc in self.brain.tasks and self.brain.tasks[end.alloc].phase is decide.Phase.LAUNCHING:
                self._later(0.05, 0.2, partial(self._end, end))
            return
        behaviour = self._behaviours[folder.assign.job]
        if end.ask and end.grace > 0 and behaviour.listens:
            wait = min(end.grace, self._chance.uniform(0.1, 3.0))
            self._of_boot(wait, lambda: self._left(shim, 0, None, heard=True))
        else:
            slow = self._chance.random() < STUBBORN
            wait = self._chance.uniform(0.001, end.grace + 5.0 if slow else 0.3)
            self._of_boot(wait, lambda: self._left(shim, None, 15 if end.grace else 9))

    def _drain(self, alloc: str) -> None:
        """Logs and files are home once there was a session for long enough."""
        if self._session is None or not self._welcome:
            self._later(0.5, 1.0, partial(self._drain, alloc))
        else:
            self._happened(decide.Drained(alloc, ""))

    def _remove(self, alloc: str) -> None:
        self.disk.pop(alloc, None)
        self.shims.pop(alloc, None)
