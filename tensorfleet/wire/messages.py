"""What head and agents say to each other on the session stream.

The agent speaks first (Hello); the head answers Welcome or Refused. After that both are level-triggered: a report
is sent again until the head has acknowledged it, a command may arrive twice and takes effect once. Unknown fields
are ignored, so a newer peer may say more; an unknown message is refused with a reason, and the session goes on.
"""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import msgspec

from tensorfleet.core.resources import MAX_LABELS
from tensorfleet.wire.telemetry import NodeTelemetry

PROTOCOL = 1
"""The version this code speaks."""

OLDEST = 1
"""The oldest version it still understands."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Of bytes, slots, ranks: what a database and every reader of JSON can hold."""

Step = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Host = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z:.%_-]{1,80}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Label = Annotated[str, msgspec.Meta(max_length=255)]
NodeLabels = Annotated[
    dict[
        Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}\Z")],
        Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:-]{0,62}\Z")],
    ],
    msgspec.Meta(max_length=MAX_LABELS),
]


class GpuFact(msgspec.Struct, frozen=True):
    """state: free, or why it is not to be handed out, in words in `note`."""

    uuid: Label
    index: Count
    model: Label
    memory: Count
    state: Literal["free", "dirty", "foreign", "sick"] = "free"
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class TaskState(msgspec.Struct, frozen=True):
    """A share of an attempt that the agent has on its disk. phase: as in `core.job.TaskPhase`."""

    alloc: str
    phase: Literal["assigned", "prepared", "running", "ended"]


class NodeFacts(msgspec.Struct, frozen=True):
    """What the agent's machine has. machine: the kernel's boot id. addresses: best first. labels: as its agent was
    told to label it. disk: how full that of the agent's data is."""

    hostname: Label
    machine: Label
    addresses: tuple[Host, ...]
    version: Label
    slots: Count
    cpus: Annotated[float, msgspec.Meta(ge=0, le=1e6)]
    memory: Count
    gpus: tuple[GpuFact, ...] = ()
    containment: str = ""
    labels: NodeLabels = {}
    disk: Literal["ok", "low", "full"] = "ok"


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first message of a session. tasks: all that the agent knows of."""

    protocol: int
    oldest: int
    facts: NodeFacts
    tasks: tuple[TaskState, ...] = ()


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """sent: seconds of the agent's own clock that never jumps; the head only ever echoes it."""

    sent: float


class TelemetryReport(msgspec.Struct, frozen=True, tag=True):
    telemetry: NodeTelemetry


class InventoryReport(msgspec.Struct, frozen=True, tag=True):
    """The facts changed, or the set of tasks has to be compared again."""

    facts: NodeFacts
    tasks: tuple[TaskState, ...] = ()


class ReportTaskProgress(msgspec.Struct, frozen=True, tag=True):
    """port: the rendezvous port that the node of rank 0 reserved, else 0."""

    alloc: str
    phase: Literal["prepared", "running"]
    port: Port = 0


class ExitReport(msgspec.Struct, frozen=True):
    """How one rank ended; `code` or `signal` is null. at: unix seconds. oom: the kernel ended it for want of memory;
    gpu_oom: it ran out of its GPU's."""

    rank: Count
    code: Step | None = None
    signal: Count | None = None
    at: Finite = 0.0
    error: str = ""
    oom: bool = False
    gpu_oom: bool = False


class ReportTaskCompletion(msgspec.Struct, frozen=True, tag=True):
    """The share is over, its logs, curves and files are with the head.

    error: why the node could not run it; fault: whether platform or machine are to blame. outputs: digest of the
    manifest of its files. leftover: processes that would not die. heard: its ranks watched for the wish to stop, and
    there was one. hang, sure: its steps stopped coming, what was seen, and whether `first_failed` did it.
    """

    alloc: str
    exits: tuple[ExitReport, ...] = ()
    first_failed: Count | None = None
    error: str = ""
    fault: bool = False
    outputs: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    leftover: tuple[int, ...] = ()
    heard: bool = False
    hang: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    sure: bool = False


class LogEntry(msgspec.Struct, frozen=True, array_like=True):
    """at: unix seconds; end: offset behind the line in the rank's own file; partial: a progress bar goes on."""

    at: Finite
    end: Count
    text: str
    partial: bool = False


class LogLines(msgspec.Struct, frozen=True, tag=True):
    """Lines of one rank, in order. Without lines it only asks how far the head has got."""

    alloc: str
    rank: Count
    lines: tuple[LogEntry, ...] = ()


class CurvePoint(msgspec.Struct, frozen=True, array_like=True):
    rank: Count
    name: str
    step: Step
    time: Finite
    value: float
    source: Literal["sdk", "tensorboard", "lines"]


class CurvePoints(msgspec.Struct, frozen=True, tag=True):
    """serial: the agent's own count, echoed in the acknowledgement."""

    alloc: str
    serial: int
    points: tuple[CurvePoint, ...]


class CheckpointDone(msgspec.Struct, frozen=True, tag=True):
    """This node's part of a checkpoint is with the head, or safe on shared storage.

    The request of `CommitCheckpoint`; sent again until a CheckpointAnswer has come on the session.

    serial: counts the saves of the attempt. parts: how many nodes have one. digest: of the manifest of its files.
    path: where it lies on shared storage, else empty. at: unix seconds of the save.
    """

    alloc: str
    serial: Count
    step: Count
    parts: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    digest: Digest
    size: Count
    at: Finite
    metrics: Annotated[dict[Label, Finite], msgspec.Meta(max_length=100)] = {}
    path: Annotated[str, msgspec.Meta(max_length=4096)] = ""


class CheckpointFailed(msgspec.Struct, frozen=True, tag=True):
    """A save went wrong in the ranks, and the training went on. Not answered.

    loading: it was saved once, and the ranks found it damaged when they were to go on from it.
    """

    alloc: str
    step: Count
    error: Annotated[str, msgspec.Meta(max_length=2000)]
    loading: bool = False


class CheckpointDamaged(msgspec.Struct, frozen=True, tag=True):
    """The checkpoint that the attempt was to go on from cannot be used."""

    alloc: str
    attempt: Count
    serial: Count
    why: Annotated[str, msgspec.Meta(max_length=2000)]


class GpuTested(msgspec.Struct, frozen=True, tag=True):
    """A sick GPU was tested; if `passed`, the next inventory has it as free. text: what was seen. by: who asked."""

    index: Count
    uuid: Label
    passed: bool
    text: Annotated[str, msgspec.Meta(max_length=1000)]
    by: str = ""


AgentMessage = (
    Hello
    | Heartbeat
    | TelemetryReport
    | InventoryReport
    | ReportTaskProgress
    | ReportTaskCompletion
    | LogLines
    | CurvePoints
    | CheckpointFailed
    | CheckpointDamaged
    | GpuTested
)


class Welcome(msgspec.Struct, frozen=True, tag=True):
    """protocol: the version both will speak. name: what the fleet calls this node."""

    protocol: int
    fleet: str
    node: str
    name: str


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The code and sentences are those of the error tree. As the first answer it ends the session; later on it is about
    one message that was not understood."""

    code: str
    detail: str
    hint: str = ""


class Renew(msgspec.Struct, frozen=True, tag=True):
    """The answer to a heartbeat."""

    sent: float


class Resume(msgspec.Struct, frozen=True):
    """A checkpoint to go on from. parts: digests of the manifests whose files, laid together, are the checkpoint;
    none where it lies at `path`, on storage that every node reaches."""

    attempt: int
    serial: int
    step: int
    parts: tuple[str, ...] = ()
    path: str = ""


class AssignTask(msgspec.Struct, frozen=True, tag=True):
    """Get one share of an attempt ready: its code, directories and rendezvous port.

    first_rank: global rank of this node's first. local_ranks: how many ranks each node of the gang has, by node
    rank. gpus: UUIDs, one a rank, or none. code: manifest digest, or empty for an empty work directory.
    solo: launch without waiting for the gang. resume: checkpoints to go on from, the best choice first.
    checkpoint_dir: shared storage for the job's checkpoints, or empty. checkpoint_every: seconds.
    """

    alloc: str
    job: str
    name: str
    attempt: int
    node_rank: int
    first_rank: int
    local_ranks: tuple[int, ...]
    gpus: tuple[str, ...]
    run: tuple[str, ...]
    env: dict[str, str]
    code: str
    venv: str
    warm: bool
    solo: bool
    watch_factor: float = 0.0
    watch_floor: float = 0.0
    resume: tuple[Resume, ...] = ()
    checkpoint_dir: str = ""
    checkpoint_every: float = 300.0


class LaunchTask(msgspec.Struct, frozen=True, tag=True):
    """The whole gang is ready. master: `host:port` of the rendezvous."""

    alloc: str
    master: str


class HaltTask(msgspec.Struct, frozen=True, tag=True):
    """SIGTERM, `grace` seconds, then the whole tree is killed.

    ask: ranks that watch for the wish to stop get the grace to end by themselves, before any signal.
    """

    alloc: str
    grace: float
    ask: bool = False


class ForgetTask(msgspec.Struct, frozen=True, tag=True):
    """The completion is durable with the head; the agent may clear the share away."""

    alloc: str


class LogsKept(msgspec.Struct, frozen=True, tag=True):
    """The head has the rank's lines up to `end`; go on from there."""

    alloc: str
    rank: int
    end: int


class CurvesKept(msgspec.Struct, frozen=True, tag=True):
    alloc: str
    serial: int


class CheckpointAnswer(msgspec.Struct, frozen=True, tag=True):
    """accepted: it counts, durably; if not, a newer attempt has taken over. keep: the job's checkpoints that are still
    wanted, by attempt and serial."""

    alloc: str
    serial: int
    accepted: bool
    keep: tuple[tuple[int, int], ...] = ()


class TestGpus(msgspec.Struct, frozen=True, tag=True):
    """Test the sick GPUs, and hand those out again that pass. Each is answered with GpuTested. by: who asks."""

    by: str = ""


HeadMessage = (
    Welcome
    | Refused
    | Renew
    | AssignTask
    | LaunchTask
    | HaltTask
    | ForgetTask
    | LogsKept
    | CurvesKept
    | CheckpointAnswer
    | TestGpus
)
