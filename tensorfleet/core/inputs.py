"""Everything that can happen to the head's brain. Times come beside an input, never in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tensorfleet.core.job import CauseCode, Job, JobSpec, RankExit, TaskPhase
from tensorfleet.core.node import Fill, Gpu, Node
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import JobClass, Policy


@dataclass(frozen=True, slots=True)
class Now:
    """wall: unix seconds, for records. mono: seconds of a clock that never jumps, for leases."""

    wall: float
    mono: float


@dataclass(frozen=True, slots=True)
class Submit:
    """`id` is new and never used again. met: those of the jobs it is to run after that have succeeded."""

    id: str
    spec: JobSpec
    owner: str
    team: str
    met: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stop:
    """grace: seconds between SIGTERM and SIGKILL; None for the job's own."""

    job: str
    by: str
    code: CauseCode
    grace: float | None = None


@dataclass(frozen=True, slots=True)
class SubmitArray:
    """Jobs that are submitted together or not at all."""

    jobs: tuple[Submit, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """grace: seconds for a checkpoint; None for the usual. requeue: back into the queue as soon as its ranks ended."""

    job: str
    by: str
    grace: float | None = None
    requeue: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
    job: str
    by: str


@dataclass(frozen=True, slots=True)
class Retry:
    """`job` is one that failed or was cancelled, and so no longer live: all of it comes along. met: as in Submit."""

    job: Job
    by: str
    met: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HoldJob:
    """A queued job is not to start before it is released."""

    job: str
    by: str


@dataclass(frozen=True, slots=True)
class ReleaseJob:
    job: str
    by: str


class Place(StrEnum):
    """Where in the queue: FIRST and LAST among those of its team."""

    FIRST = "first"
    LAST = "last"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class MoveJob:
    """A queued job goes elsewhere among those of its class and priority. other: the one it goes before."""

    job: str
    by: str
    to: Place
    other: str = ""


@dataclass(frozen=True, slots=True)
class SetJob:
    """Something else is asked for from now on; None leaves it as it is. after, met: as in Submit."""

    job: str
    by: str
    priority: int | None = None
    job_class: JobClass | None = None
    max_duration: float | None = None
    after: tuple[str, ...] | None = None
    met: frozenset[str] = frozenset()


Arrange = HoldJob | ReleaseJob | MoveJob | SetJob
"""What is done to a job and not to its ranks."""


@dataclass(frozen=True, slots=True)
class NodeJoined:
    node: Node
    by: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What an agent says of its machine."""

    hostname: str
    machine: str
    addresses: tuple[str, ...]
    version: str
    slots: int
    cpus: float
    memory: int
    gpus: tuple[Gpu, ...]
    containment: str
    labels: Mapping[str, str] = field(default_factory=dict)
    disk: Fill = Fill.OK

    def of(self, node: Node) -> Node:
        """`node` as they say it is, but for its labels, about which people have a say, too."""
        return replace(
            node,
            hostname=self.hostname,
            machine=self.machine,
            addresses=self.addresses,
            version=self.version,
            slots=self.slots,
            cpus=self.cpus,
            memory=self.memory,
            gpus=self.gpus,
            containment=self.containment,
            disk=self.disk,
        )


@dataclass(frozen=True, slots=True)
class TaskFact:
    """A share the agent knows of, and how far it is."""

    alloc: str
    phase: TaskPhase


@dataclass(frozen=True, slots=True)
class NodeConnected:
    """An agent's session is up; `tasks` is all it knows of, so whatever is not in it, it does not have."""

    node: str
    facts: Facts
    tasks: tuple[TaskFact, ...]


@dataclass(frozen=True, slots=True)
class NodeDisconnected:
    node: str


@dataclass(frozen=True, slots=True)
class Heard:
    node: str


@dataclass(frozen=True, slots=True)
class TaskPrepared:
    """master: the rendezvous port that the node of rank 0 reserved, else 0."""

    node: str
    alloc: str
    port: int


@dataclass(frozen=True, slots=True)
class TaskRunning:
    node: str
    alloc: str


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """error, fault, outputs, first_failed, leftover, heard, hang, sure: as in `job.Share`."""

    node: str
    alloc: str
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
class CheckpointDone:
    """The part of `alloc`'s node is whole and safe. serial to path: as in `checkpoint.Checkpoint`; digest and size: of
    the part."""

    node: str
    alloc: str
    serial: int
    step: int
    wanted: int
    digest: str
    size: int
    metrics: Mapping[str, float]
    path: str
    at: float


@dataclass(frozen=True, slots=True)
class CheckpointDamaged:
    """`alloc` was to go on from the checkpoint `serial` of `attempt`, and its node found it unusable."""

    node: str
    alloc: str
    attempt: int
    serial: int
    why: str


@dataclass(frozen=True, slots=True)
class SetDrain:
    node: str
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class Reserve:
    """`booking.nodes` are to be set aside."""

    booking: Booking


@dataclass(frozen=True, slots=True)
class CancelBooking:
    booking: str
    by: str


@dataclass(frozen=True, slots=True)
class SetLabels:
    """The node is to be labelled so, whatever its agent says; null takes a label away."""

    node: str
    changes: Mapping[str, str | None]
    by: str


@dataclass(frozen=True, slots=True)
class RemoveNode:
    node: str
    by: str


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """The queue's policy from now on. force: also where somebody holds more than it leaves him."""

    policy: Policy
    by: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Input = (
    Submit
    | SubmitArray
    | Stop
    | Pause
    | Resume
    | Retry
    | Arrange
    | NodeJoined
    | NodeConnected
    | NodeDisconnected
    | Heard
    | TaskPrepared
    | TaskRunning
    | TaskEnded
    | CheckpointDone
    | CheckpointDamaged
    | SetDrain
    | SetLabels
    | Reserve
    | CancelBooking
    | RemoveNode
    | SetPolicy
    | Tick
)
