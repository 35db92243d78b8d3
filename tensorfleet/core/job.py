"""A job (what was asked), its attempts (placed runs of it, numbered from 1) and their shares of the nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tensorfleet.core.checkpoint import Checkpoint, CheckpointPolicy
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.policy import JobClass


class JobState(StrEnum):
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    RECOVERING = "recovering"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})
PLACED = frozenset({JobState.STARTING, JobState.RUNNING, JobState.RECOVERING, JobState.PAUSING, JobState.STOPPING})
"""States in which an attempt holds resources."""

LIVE = frozenset(JobState) - TERMINAL
RESTING = TERMINAL | {JobState.PAUSED}
"""States that a job leaves only when somebody wishes so."""


class TaskPhase(StrEnum):
    """How far one node is with its share of an attempt."""

    ASSIGNED = "assigned"
    PREPARED = "prepared"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PythonEnv:
    """Which Python runs the job: the agent's own (both empty), or the virtual environment at `venv`."""

    venv: str = ""


class RetryOn(StrEnum):
    """Whose fault an attempt's end may be for another to be worth while. A user's own error is not among them.

    RANK: a signal ended a rank. NODE: its node, agent or shim went. GPU, HANG, OOM, PREEMPT: as they say.
    """

    RANK = "rank"
    NODE = "node"
    GPU = "gpu"
    HANG = "hang"
    OOM = "oom"
    PREEMPT = "preempt"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """max: further attempts after faults of one kind in a row. on: the kinds of faults that earn one."""

    max: int = 3
    on: tuple[RetryOn, ...] = tuple(RetryOn)


@dataclass(frozen=True, slots=True)
class Watchdog:
    """When the steps of a job have been missing for too long: `factor` times the median step, and `floor` seconds at
    least. A factor of 0 watches nothing."""

    factor: float = 10.0
    floor: float = 20.0


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """One job of an array. id: the array's; index: its own number in it; most: how many may run at once, 0 for all."""

    id: str
    index: int
    most: int = 0


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What was asked, complete and validated; after the submit nothing in it changes but by `queue set`.

    run: the command and its arguments. code: digest of the uploaded work directory's manifest, or empty.
    max_duration: seconds from the start of an attempt, 0 for no limit. grace: seconds between SIGTERM and
    SIGKILL at a stop. warm: may be started from a pre-imported process. after: ids of jobs that have to succeed first.
    resume: another job's checkpoint to begin with. hold: it is held from its submit on. preemptible: whether others may
    take its place; None for what `core.preemptible` finds.
    """

    name: str
    run: tuple[str, ...]
    request: Request = field(default_factory=Request)
    env: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    python: PythonEnv = field(default_factory=PythonEnv)
    priority: int = 50
    max_duration: float = 0.0
    grace: float = 10.0
    warm: bool = True
    recipe: str = ""
    retry: RetryPolicy = RetryPolicy()
    after: tuple[str, ...] = ()
    array: ArrayPlace | None = None
    watchdog: Watchdog = Watchdog()
    checkpoint: CheckpointPolicy = field(default_factory=CheckpointPolicy)
    resume: Checkpoint | None = None
    job_class: JobClass = JobClass.NORMAL
    hold: bool = False
    preemptible: bool | None = None


@dataclass(frozen=True, slots=True)
class RankExit:
    """How one rank ended. code: exit status, or None where a signal ended it. at: node's wall clock, seconds.

    oom: the kernel ended it for want of memory. gpu_oom: it ended by itself, for want of memory on its GPU.
    """

    rank: int
    code: int | None = None
    signal: int | None = None
    at: float = 0.0
    error: str = ""
    oom: bool = False
    gpu_oom: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """One node's part of an attempt: `ranks` consecutive ranks from `first_rank` on.

    error: why the node could not run it, in one sentence; fault: whether the platform or the machine is to blame
    for that, so that another attempt may help. outputs: digest of the manifest of output files.
    first_failed: the rank on this node that went first, when one did. leftover: processes that would not die.
    heard: whether its ranks watch for the wish to stop, so that their end may be an answer to it. hang: what was seen
    when its steps stopped coming, in one sentence; sure: whether `first_failed` did it, and not a rank elsewhere.
    """

    node: str
    node_name: str
    node_rank: int
    first_rank: int
    ranks: int
    gpus: tuple[str, ...] = ()
    phase: TaskPhase = TaskPhase.ASSIGNED
    exits: tuple[RankExit, ...] = ()
    first_failed: int | None = None
    error: str = ""
    fault: bool = False
    outputs: str = ""
    leftover: tuple[int, ...] = ()
    heard: bool = False
    hang: str = ""
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """number: the fencing number, only ever growing. master: the rendezvous, `host:port`, fresh per attempt.

    blame: the first share that went wrong, by node rank; set once. asked: it was paused or requeued, so that its end is
    nobody's fault. saved: when its last whole checkpoint was safe, in unix seconds; 0 for none.
    """

    number: int
    shares: tuple[Share, ...]
    placed: float
    started: float = 0.0
    ended: float = 0.0
    master: str = ""
    blame: int | None = None
    asked: bool = False
    saved: float = 0.0

    @property
    def ended_everywhere(self) -> bool:
        return all(share.phase is TaskPhase.ENDED for share in self.shares)


@dataclass(frozen=True, slots=True)
class Spent:
    """What earlier attempts held on a node, known by its first GPU (empty for slots), between `since` and `until`.
    held, useful: GPU-seconds or slot-seconds."""

    gpu: str
    since: float
    until: float
    held: float = 0.0
    useful: float = 0.0


class CauseCode(StrEnum):
    """Why a job reached its end."""

    DONE = "done"
    EXIT = "exit"
    SIGNAL = "signal"
    OOM = "oom"
    START = "start"
    NODE = "node"
    STOPPED = "stopped"
    KILLED = "killed"
    TIMEOUT = "timeout"
    HANG = "hang"
    DEPENDENCY = "dependency"


@dataclass(frozen=True, slots=True)
class Cause:
    """by: the party or person behind it (`user`, `platform`, `infra`, or a user's name).

    hint: what to try. rank and node: where it began. exit_code: what `run` and `--wait` exit with.
    """

    code: CauseCode
    text: str
    by: str
    hint: str = ""
    rank: int | None = None
    node: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Who keeps a queued job from starting, and since when, in unix seconds."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Job:
    """One job in whatever state.

    attempts: the current one last. stop_by, stop_code, stop_grace: who asked for the end or the pause, which end, and
    seconds for it. requeue: the pause is followed by the queue. forgiven: the number of the last attempt whose faults
    no longer count, because somebody retried it since. waits_for: ids of jobs that have not succeeded yet.
    checkpoints: those that are kept and those on their way, oldest first. order: sorts jobs by the time of their
    submit, unique. held: it may not start. moved: unix seconds as of which it counts as submitted, because somebody
    moved it in the queue; 0 when nobody did. used: by attempts that are no longer kept.
    """

    id: str
    spec: JobSpec
    owner: str
    team: str
    submitted: float
    state: JobState = JobState.QUEUED
    since: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    stop_by: str = ""
    stop_code: CauseCode | None = None
    stop_grace: float = 0.0
    requeue: bool = False
    forgiven: int = 0
    waits_for: tuple[str, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    cause: Cause | None = None
    order: str = ""
    held: Hold | None = None
    moved: float = 0.0
    used: tuple[Spent, ...] = ()

    @property
    def turn(self) -> float:
        """Unix seconds as of which the queue counts it as submitted: its place among its like."""
        return self.moved or self.submitted

    @property
    def attempt(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None


def alloc_id(job: str, attempt: int, node_rank: int) -> str:
    """The name of one node's share of one attempt, on both sides of the wire."""
    return f"{job}.{attempt}.{node_rank}"


def parse_alloc(alloc: str) -> tuple[str, int, int]:
    """The job, attempt number and node rank in an `alloc_id`. Raises ValueError."""
    job, attempt, node_rank = alloc.rsplit(".", 2)
    return job, int(attempt), int(node_rank)
