"""A state machine over the real brains: Hypothesis chooses what happens next, and looks for the shortest way to harm.

Here everything is a step of its own: a commit that comes late, a command that is delivered now, later or twice within
its session, a session or an agent that ends at any point. The simulator has time and chance; this has neither.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tensorfleet.agent import decide
from tensorfleet.core.actions import Assign, Forget, Halt, Launch, SaveJob, SaveNode
from tensorfleet.core.control import Control
from tensorfleet.core.inputs import (
    Heard,
    Input,
    NodeDisconnected,
    NodeJoined,
    Now,
    SetDrain,
    Stop,
    Submit,
    TaskPrepared,
    TaskRunning,
    Tick,
)
from tensorfleet.core.invariants import violations
from tensorfleet.core.job import TERMINAL, CauseCode, Job
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Request
from tensorfleet.errors import TensorFleetError
from tensorfleet.head.translate import connected, ended, to_message
from tensorfleet.wire.messages import (
    AssignTask,
    ExitReport,
    HeadMessage,
    NodeFacts,
    ReportTaskCompletion,
    ReportTaskProgress,
)
from unit.fleets import spec

NAMES = ("a", "b")
SLOTS = 2


@dataclass
class Agent:
    """ranks: what runs, by alloc. disk: what a later agent finds. down: commands that are on their way."""

    name: str
    brain: decide.Brain = field(default_factory=decide.Brain)
    disk: dict[str, decide.Task] = field(default_factory=dict)
    ranks: dict[str, AssignTask] = field(default_factory=dict)
    down: deque[HeadMessage] = field(default_factory=deque)
    online: bool = False
    started: set[str] = field(default_factory=set)


class Fleet(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.mono = 0.0
        self.jobs: dict[str, Job] = {}
        self.nodes: dict[str, Node] = {}
        self.control = Control((), (), self.now)
        self.agents = {name: Agent(name) for name in NAMES}
        self.numbers: dict[str, int] = {}
        self.stopped: dict[str, int] = {}
        self.over: set[str] = set()
        for name in NAMES:
            self.tell(NodeJoined(Node(name, name), "test"))

    @property
    def now(self) -> Now:
        return Now(1000.0 + self.mono, self.mono)

    def tell(self, what: Input) -> None:
        """Decided, durable, and only then told."""
        try:
            actions = self.control.handle(what, self.now)
        except TensorFleetError:
            actions = []
        actions += self.control.settle(self.now)
        self.control.keep()
        for action in actions:
            if isinstance(action, SaveJob):
                self._kept(action.job)
            elif isinstance(action, SaveNode):
                self.nodes[action.node.id] = action.node
            elif isinstance(action, Assign | Launch | Halt | Forget) and self.agents[action.node].online:
                self.agents[action.node].down.append(to_message(action))

    def _kept(self, job: Job) -> None:
        number = job.attempt.number if job.attempt else 0
        assert number >= self.numbers.get(job.id, 0), "I9: attempts only grow"
        assert job.id not in self.over or job.state in TERMINAL, "I8: what is over stays over"
        assert number <= self.stopped.get(job.id, number), "I8: no attempt after a stop"
        self.numbers[job.id] = number
        self.jobs[job.id] = job
        if job.state in TERMINAL:
            self.over.add(job.id)

    def _do(self, agent: Agent, actions: list[decide.Action]) -> None:
        for action in actions:
            match action:
                case decide.StartRanks(assign, _):
                    assert assign.alloc not in agent.started, "I2: an attempt starts once"
                    assert self.numbers[assign.job] >= assign.attempt, "I9: durable before it is told"
                    agent.started.add(assign.alloc)
                    agent.ranks[assign.alloc] = assign
                case decide.EndRanks(alloc):
                    self._exit(agent, alloc, 15)
                case decide.Drain(alloc):
                    self._do(agent, agent.brain.handle(decide.Drained(alloc, "")))
                case decide.Report(message):
                    self._report(agent, message)
                case _:
                    pass
        agent.disk = dict(agent.brain.tasks)

    def _report(self, agent: Agent, message: object) -> None:
        if not agent.online:
            return
        match message:
            case ReportTaskProgress(phase="prepared"):
                self.tell(TaskPrepared(agent.name, message.alloc, message.port))
            case ReportTaskProgress():
                self.tell(TaskRunning(agent.name, message.alloc))
            case ReportTaskCompletion():
                self.tell(ended(agent.name, message))

    def _exit(self, agent: Agent, alloc: str, signal: int | None) -> None:
        assign = agent.ranks.pop(alloc, None)
        if assign is None:
            return
        code = None if signal else 0
        exits = tuple(
            ExitReport(assign.first_rank + place, code, signal) for place in range(assign.local_ranks[assign.node_rank])
        )
        done = ReportTaskCompletion(alloc, exits, assign.first_rank if signal else None)
        self._do(agent, agent.brain.handle(decide.Exited(alloc, done)))

    @initialize()
    def everybody_connects(self) -> None:
        for name in NAMES:
            self.connect(name)

    @rule()
    def all_goes_well(self) -> None:
        """Every command arrives, and is carried out."""
        for _ in range(3):
            for name, agent in self.agents.items():
                while agent.down:
                    self.deliver(name, again=False)
                self.prepare(name, 0, fault=False)
                self.started(name, 0)

    # what people do

    @rule(ranks=st.integers(1, 4))
    @precondition(lambda self: len(self.jobs) < 6)
    def submit(self, ranks: int) -> None:
        self.mono += 0.001
        job = f"j{len(self.jobs)}"
        self.tell(Submit(job, spec(Request(ranks=ranks), name=job), "ada", "vision"))

    @rule(which=st.integers(0, 5))
    @precondition(lambda self: self.jobs)
    def stop(self, which: int) -> None:
        job = f"j{which % len(self.jobs)}"
        if self.jobs[job].state not in TERMINAL:
            self.stopped[job] = self.numbers[job]
            self.tell(Stop(job, "ada", CauseCode.STOPPED))

    # what becomes of time and of the head

    @rule(seconds=st.sampled_from((0.5, 5.0, 130.0)), heard=st.sets(st.sampled_from(NAMES)))
    def wait(self, seconds: float, heard: set[str]) -> None:
        """Seconds go by with a tick in each, long waits with fewer."""
        for _ in range(max(1, min(50, int(seconds / 2.5)))):
            self.mono += min(2.5, seconds)
            for name in sorted(heard):
                if self.agents[name].online:
                    self.tell(Heard(name))
            self.tell(Tick())

    @rule()
    def restart_head(self) -> None:
        for agent in self.agents.values():
            agent.online = False
            agent.down.clear()
        live = [job for job in self.jobs.values() if job.state not in TERMINAL]
        self.control = Control(live, self.nodes.values(), self.now)

    # what becomes of agents

    @rule(name=st.sampled_from(NAMES))
    def connect(self, name: str) -> None:
        agent = self.agents[name]
        agent.down.clear()
        agent.online = True
        facts = NodeFacts(name, name, ("10.0.0.1",), "1", SLOTS, 8.0, 2**36)
        self.tell(connected(name, facts, agent.brain.states()))
        self._do(agent, agent.brain.handle(decide.Connected()))

    @rule(name=st.sampled_from(NAMES))
    def disconnect(self, name: str) -> None:
        agent = self.agents[name]
        if agent.online:
            agent.online = False
            agent.down.clear()
            self.tell(NodeDisconnected(name))

    @rule(name=st.sampled_from(NAMES))
    def restart_agent(self, name: str) -> None:
        """Its disk and its ranks are left; what was being prepared is prepared again."""
        self.disconnect(name)
        agent = self.agents[name]
        agent.brain = decide.Brain()
        for alloc, task in agent.disk.items():
            launched = task.phase in (decide.Phase.LAUNCHING, decide.Phase.RUNNING, decide.Phase.DRAINING)
            phase = decide.Phase.RUNNING if launched else decide.Phase.PREPARING
            phase = decide.Phase.ENDED if task.phase is decide.Phase.ENDED else phase
            agent.brain.adopt(decide.Task(task.assign, phase, completion=task.completion))
            if launched and alloc not in agent.ranks:
                lost = ReportTaskCompletion(alloc, error="its shim was lost.", fault=True)
                self._do(agent, agent.brain.handle(decide.Exited(alloc, lost)))

    @rule(name=st.sampled_from(NAMES), again=st.booleans())
    def deliver(self, name: str, again: bool) -> None:
        """The next command arrives; `again`: and it will once more, after those that are on their way already."""
        agent = self.agents[name]
        if agent.down:
            message = agent.down.popleft()
            if again:
                agent.down.append(message)
            self._do(agent, agent.brain.handle(message))  # type: ignore[arg-type]

    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 3), fault=st.booleans())
    def prepare(self, name: str, which: int, fault: bool) -> None:
        agent = self.agents[name]
        found = [alloc for alloc, task in agent.brain.tasks.items() if task.phase is decide.Phase.PREPARING]
        if found:
            alloc = found[which % len(found)]
            happened = decide.NotPrepared(alloc, "no room.", True) if fault else decide.Prepared(alloc, 4000)
            self._do(agent, agent.brain.handle(happened))

    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 3))
    def started(self, name: str, which: int) -> None:
        agent = self.agents[name]
        found = [alloc for alloc in agent.ranks if agent.brain.tasks[alloc].phase is decide.Phase.LAUNCHING]
        if found:
            self._do(agent, agent.brain.handle(decide.Started(found[which % len(found)])))

    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 3), signal=st.sampled_from((None, None, 9)))
    def ranks_end(self, name: str, which: int, signal: int | None) -> None:
        agent = self.agents[name]
        if agent.ranks:
            self._exit(agent, sorted(agent.ranks)[which % len(agent.ranks)], signal)

    # what always holds

    @invariant()
    def the_head_is_consistent(self) -> None:
        assert not violations(self.control.fleet)

    @invariant()
    def no_node_is_overbooked(self) -> None:
        for agent in self.agents.values():
            held = sum(assign.local_ranks[assign.node_rank] for assign in agent.ranks.values())
            assert held <= SLOTS, f"I11: {agent.name} runs {sorted(agent.ranks)}"

    @invariant()
    def ranks_have_a_task_that_knows_them(self) -> None:
        for agent in self.agents.values():
            assert set(agent.ranks) <= set(agent.brain.tasks), "I10: nobody looks after these"

    def teardown(self) -> None:
        """Everybody is heard again and ranks end: every job comes to its end, and nothing is left behind (I10). People
        give nodes work again that failed too many jobs."""
        for turn in range(400):
            for node in [each for each in self.nodes.values() if each.drain]:
                self.tell(SetDrain(node.id, False, "ada"))
            for name, agent in self.agents.items():
                if not agent.online:
                    self.connect(name)
                while agent.down:
                    self.deliver(name, again=False)
                self.prepare(name, 0, fault=False)
                self.started(name, 0)
                self.ranks_end(name, turn, None)
            self.wait(5.0, set(NAMES))
            if all(job.state in TERMINAL for job in self.jobs.values()) and not self._left():
                return
        raise AssertionError(f"I10: {[(job.id, job.state) for job in self.jobs.values()]}, left: {self._left()}")

    def _left(self) -> list[str]:
        return [alloc for agent in self.agents.values() for alloc in (*agent.brain.tasks, *agent.down)]


TestFleet = Fleet.TestCase
TestFleet.settings = settings(
    max_examples=400,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
