"""The JSON that REST answers with. Bodies that come in are `jobfile.JobFile` and the small structs at the end.

Times are seconds since 1970 (UTC), sizes are bytes, everything absent is null.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tensorfleet.core.job import Attempt, Job, JobState
from tensorfleet.core.preemptible import preemptible
from tensorfleet.core.resources import Request
from tensorfleet.core.verdict import judge


class CauseView(msgspec.Struct, frozen=True):
    """Why a job reached its end: a stable code, a sentence, who or what, where, and what to try."""

    code: str
    text: str
    by: str
    hint: str
    rank: int | None
    node: str
    exit_code: int


class ShareView(msgspec.Struct, frozen=True):
    node: str
    node_id: str
    node_rank: int
    first_rank: int
    ranks: int
    gpus: tuple[str, ...]
    phase: str


class ArrayView(msgspec.Struct, frozen=True):
    """The array a job belongs to, and its own index in it. `most`: how many may run at once, 0 for all."""

    id: str
    index: int
    most: int


class AttemptView(msgspec.Struct, frozen=True):
    """One placed run of a job. `cause`: how it ended, in a sentence; empty while it goes on."""

    number: int
    placed: float
    started: float | None
    ended: float | None
    nodes: tuple[str, ...]
    cause: str


class HoldView(msgspec.Struct, frozen=True):
    """Who keeps a queued job from starting, and since when."""

    by: str
    at: float


class JobView(msgspec.Struct, frozen=True, rename={"job_class": "class"}):
    """A job. `why` says in a sentence what a waiting job waits for; `reachable` is false while one of its nodes
    has not been heard within the lease, so that what is shown may be old. `history`: its last attempts, oldest
    first. `preemptible`: whether others may take its place."""

    id: str
    name: str
    state: JobState
    since: float
    owner: str
    team: str
    priority: int
    submitted: float
    started: float | None
    ended: float | None
    run: tuple[str, ...]
    recipe: str
    code: str
    request: Request
    attempt: int
    shares: tuple[ShareView, ...]
    cause: CauseView | None
    why: str
    reachable: bool
    rev: int
    after: tuple[str, ...] = ()
    array: ArrayView | None = None
    history: tuple[AttemptView, ...] = ()
    job_class: str = "normal"
    held: HoldView | None = None
    preemptible: bool = True
    max_duration: float = 0.0


class JobPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page, null on the last one."""

    items: list[JobView]
    next: str | None


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457, `application/problem+json`, with a stable `code` and a `hint`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str
    blame: str


class GpuView(msgspec.Struct, frozen=True):
    """A GPU and its latest measurements; null where it does not report one. `state`: free, held, dirty (not proven
    empty), foreign (used by somebody outside) or sick; `note`: who or what."""

    uuid: str
    index: int
    model: str
    memory: int
    state: str
    job: str | None
    utilisation: float | None = None
    memory_used: int | None = None
    temperature: float | None = None
    power: float | None = None
    note: str = ""


class WorkerView(msgspec.Struct, frozen=True):
    """A node. `words` are the pairing words of one that asks to join. `disk`: that of its agent's data is ok, low, or
    full, when it gets no new work."""

    id: str
    name: str
    state: str
    hostname: str
    addresses: tuple[str, ...]
    version: str
    slots: int
    slots_free: int
    cpus: float
    memory: int
    gpus: tuple[GpuView, ...]
    jobs: tuple[str, ...]
    joined: float
    heard: float | None
    drain: bool
    containment: str
    words: str | None = None
    cpu: float | None = None
    memory_used: int | None = None
    labels: dict[str, str] = {}
    disk: str = "ok"


class WorkerPage(msgspec.Struct, frozen=True):
    items: list[WorkerView]
    next: str | None


class EventView(msgspec.Struct, frozen=True):
    """One line of history. `id` grows by time; give it as Last-Event-ID to go on after it."""

    id: int
    kind: str
    at: float
    text: str
    job: str
    node: str
    actor: str
    data: dict[str, str | int | float | bool]


class EventPage(msgspec.Struct, frozen=True):
    items: list[EventView]
    next: str | None


class LogLine(msgspec.Struct, frozen=True):
    """One line of one rank. `at`: when the node read it. `partial`: a progress bar that goes on, which the rank's next
    line replaces. `cursor` goes on behind it."""

    rank: int
    at: float
    text: str
    partial: bool = False
    cursor: str = ""


class LogPage(msgspec.Struct, frozen=True):
    """`cursor` continues exactly after the last line; it is also the id of the last SSE message. `start`, given as
    `before`, reads the lines in front of the first one; it is empty where there are none."""

    items: list[LogLine]
    cursor: str
    start: str = ""


class Series(msgspec.Struct, frozen=True):
    """One curve. `points` are [step, unix time, value]; where there are more than were asked for, the lowest and the
    highest of each stretch. A value that is no finite number is null."""

    name: str
    rank: int
    source: Literal["sdk", "tensorboard", "lines"]
    points: list[tuple[int, float, float | None]]
    last: float | None
    count: int


class MetricsView(msgspec.Struct, frozen=True):
    """after: a stream that is asked for with it goes on where this ends."""

    items: list[Series]
    after: int = 0


class ArtifactView(msgspec.Struct, frozen=True):
    path: str
    size: int
    mode: int
    node_rank: int


class ArtifactPage(msgspec.Struct, frozen=True):
    items: list[ArtifactView]
    next: str | None


class HealthView(msgspec.Struct, frozen=True):
    status: str
    version: str
    fleet: str
    rpc_port: int
    uptime: float
    disk: Literal["ok", "low", "full"] = "ok"
    """Under the head's data. `full`: what would fill it further is refused until there is room."""


class MeView(msgspec.Struct, frozen=True):
    user: str
    team: str
    role: str


class KeyView(msgspec.Struct, frozen=True):
    """An API key without its secret; `key` holds it once, in the answer that makes it."""

    id: str
    user: str
    team: str
    role: str
    created: float
    expires: float | None
    used: float | None
    key: str | None = None


class KeyPage(msgspec.Struct, frozen=True):
    items: list[KeyView]
    next: str | None


class TokenView(msgspec.Struct, frozen=True):
    token: str
    expires: float


class MissingView(msgspec.Struct, frozen=True):
    missing: list[str]


class StopBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`grace`: seconds that the ranks have to end; null for the job's own, and for a minute at a pause."""

    grace: float | None = None


class MissingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digests: list[str]


class KeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user: str
    team: str = ""
    role: Literal["viewer", "member", "operator", "admin"] = "member"
    days: float | None = None


class LoginBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: str


class LabelsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`labels`: those to set, whatever the node's agent says; null takes one away."""

    labels: dict[str, str | None]


class ApproveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`words`: what the operator read on the node's screen; refused unless they are the head's words."""

    words: str


SHOWN = 10
"""Attempts in a JobView."""


def _attempt(attempt: Attempt) -> AttemptView:
    if not attempt.ended:
        text = ""
    elif attempt.asked:
        text = "It was paused."
    else:
        text = judge(attempt).text
    return AttemptView(
        attempt.number,
        attempt.placed,
        attempt.started or None,
        attempt.ended or None,
        tuple(share.node_name for share in attempt.shares),
        text,
    )


def job_view(job: Job, rev: int, reachable: bool = True, why: str = "") -> JobView:
    """What REST shows of `job`. `why`: the sentence about what it waits for, while it is queued."""
    attempt = job.attempt
    cause = job.cause
    shares = tuple(
        ShareView(s.node_name, s.node, s.node_rank, s.first_rank, s.ranks, s.gpus, s.phase)
        for s in (attempt.shares if attempt else ())
    )
    array = job.spec.array
    return JobView(
        id=job.id,
        name=job.spec.name,
        state=job.state,
        since=job.since,
        owner=job.owner,
        team=job.team,
        priority=job.spec.priority,
        submitted=job.submitted,
        started=attempt.started or None if attempt else None,
        ended=job.since if job.cause else None,
        run=job.spec.run,
        recipe=job.spec.recipe,
        code=job.spec.code,
        request=job.spec.request,
        attempt=attempt.number if attempt else 0,
        shares=shares,
        after=job.spec.after,
        array=ArrayView(array.id, array.index, array.most) if array else None,
        history=tuple(_attempt(each) for each in job.attempts[-SHOWN:]),
        cause=CauseView(cause.code, cause.text, cause.by, cause.hint, cause.rank, cause.node, cause.exit_code)
        if cause
        else None,
        why=why,
        reachable=reachable,
        rev=rev,
        job_class=job.spec.job_class.value,
        held=HoldView(job.held.by, job.held.at) if job.held else None,
        preemptible=preemptible(job),
        max_duration=job.spec.max_duration,
    )
