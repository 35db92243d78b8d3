"""A fleet of obedient nodes around a real brain: what the brain sends, they can be made to do, step by step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tensorfleet.core.actions import Action, Assign, Emit, Forget, Halt, Launch, SaveJob
from tensorfleet.core.attempts import alloc_of
from tensorfleet.core.control import Control
from tensorfleet.core.inputs import (
    Facts,
    Heard,
    Input,
    NodeConnected,
    NodeJoined,
    Now,
    Submit,
    TaskEnded,
    TaskPrepared,
    TaskRunning,
    Tick,
)
from tensorfleet.core.invariants import violations
from tensorfleet.core.job import Job, JobSpec, RankExit, parse_alloc
from tensorfleet.core.node import Gpu, Node
from tensorfleet.core.resources import Request
from tensorfleet.core.wait import Wait


def facts(slots: int = 4, gpus: int = 0, machine: str = "m", node: str = "n") -> Facts:
    cards = tuple(Gpu(f"GPU-{node}-{index}", index, "NVIDIA A100", 40 * 10**9) for index in range(gpus))
    return Facts(f"host-{node}", machine, (f"10.0.0.{len(node)}",), "1", slots, 8.0, 64 * 10**9, cards, "none")


def spec(request: Request, name: str = "job", **more: object) -> JobSpec:
    return JobSpec(name, ("true",), request, **more)  # type: ignore[arg-type]


@dataclass
class World:
    """`mono` moves only when a test moves it; `set_ahead` is by how much somebody set the wall clock since. `jobs` is
    what was saved last of each."""

    control: Control = field(default_factory=lambda: Control((), (), Now(1000.0, 0.0)))
    mono: float = 0.0
    set_ahead: float = 0.0
    sent: deque[Action] = field(default_factory=deque)
    jobs: dict[str, Job] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)

    @property
    def now(self) -> Now:
        return Now(1000.0 + self.mono + self.set_ahead, self.mono)

    def do(self, what: Input) -> None:
        """One input, decided, planned and kept; every invariant holds afterwards."""
        actions = self.control.handle(what, self.now)
        actions += self.control.settle(self.now)
        self.control.keep()
        for action in actions:
            match action:
                case SaveJob(job):
                    self.jobs[job.id] = job
                case Emit(event):
                    self.events.append(event.kind)
                case Assign() | Launch() | Halt() | Forget():
                    self.sent.append(action)
                case _:
                    pass
        broken = violations(self.control.fleet)
        assert not broken, f"{what} broke: {broken}"

    def why(self, job_id: str) -> Wait:
        """What the job waits for."""
        return self.control.why(self.jobs[job_id], self.now)

    def add_node(self, name: str, **more: object) -> None:
        self.do(NodeJoined(Node(f"id-{name}", name), "test"))
        self.do(NodeConnected(f"id-{name}", facts(node=name, **more), ()))  # type: ignore[arg-type]

    def submit(self, job_id: str, request: Request, **more: object) -> None:
        self.mono += 0.001
        self.do(Submit(job_id, spec(request, name=job_id, **more), "ada", "vision"))

    def obey(self) -> None:
        """Nodes do what they were told, until there is nothing more to do. Halted ranks die of SIGTERM."""
        while self.sent:
            match self.sent.popleft():
                case Assign(node, job, share, solo):
                    alloc = alloc_of(job, share)
                    self.do(TaskRunning(node, alloc) if solo else TaskPrepared(node, alloc, 4000 + share.node_rank))
                case Launch(node, alloc, _):
                    self.do(TaskRunning(node, alloc))
                case Halt(node, alloc, _):
                    self.end(node, alloc, signal=15)
                case _:
                    pass

    def end(self, node: str, alloc: str, code: int | None = None, signal: int | None = None) -> None:
        """All ranks of a share end alike."""
        job_id, number, node_rank = parse_alloc(alloc)
        attempt = next(a for a in self.jobs[job_id].attempts if a.number == number)
        share = attempt.shares[node_rank]
        exits = tuple(RankExit(share.first_rank + i, code, signal, self.now.wall) for i in range(share.ranks))
        self.do(TaskEnded(node, alloc, exits, first_failed=None if code == 0 else share.first_rank))

    def finish(self, job_id: str, code: int = 0) -> None:
        """Every share of the job's attempt ends with `code`."""
        job = self.jobs[job_id]
        for share in job.attempts[-1].shares:
            self.end(share.node, alloc_of(job, share), code)

    def wait(self, seconds: float, *heard: str) -> None:
        """Time goes by, a tick each second; meanwhile the nodes `heard` give signs of life."""
        end = self.mono + seconds
        while self.mono < end:
            self.mono = min(end, self.mono + 1.0)
            self.hear(*heard)
            self.do(Tick())

    def hear(self, *names: str) -> None:
        for name in names:
            self.do(Heard(f"id-{name}"))
