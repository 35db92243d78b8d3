"""The queue: who waits, in which order, and what people do about it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tensorfleet.core.inputs import HoldJob, MoveJob, Place, ReleaseJob, SetJob
from tensorfleet.core.job import Job, JobState
from tensorfleet.errors import Conflict, InvalidRequest, NotFound, StoreFull, Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.http.submit import check_class, find_dependencies
from tensorfleet.head.roles import Permission
from tensorfleet.wire.jobspec import check_priority, to_class
from tensorfleet.wire.queue import MoveBody, QueueEntry, QueuePage, SetBody
from tensorfleet.wire.rest import JobView
from tensorfleet.wire.units import parse_duration

ERRORS = (NotFound, Conflict, StoreFull, Unavailable)


class QueueQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1, le=10_000, description="jobs to list, at most")] = 1000


@route("GET", "/api/v1/queue", Permission.READ, tag="queue")
async def list_queue(call: Call[QueueQuery, None]) -> QueuePage:
    """List the jobs that wait.

    In the order of the queue, each with what it waits for; those of your team, or all for an operator. `position`
    counts the others, too.
    """
    line = call.services.shell.line()
    own = [(position, job) for position, job in enumerate(line, 1) if call.who.reaches(job.team)]
    return QueuePage([_entry(call, *each) for each in own[: call.query.limit]], len(line))


def _entry(call: Call[QueueQuery, None], position: int, job: Job) -> QueueEntry:
    wait = call.services.shell.wait_of(job)
    return QueueEntry(
        position=position,
        job=job.id,
        name=job.spec.name,
        job_class=job.spec.job_class.value,
        priority=job.spec.priority,
        team=job.team,
        owner=job.owner,
        ranks=job.spec.request.ranks,
        kind=job.spec.request.kind.value,
        since=job.since,
        code=wait.code.value,
        text=wait.text,
        held_by=job.held.by if job.held else "",
    )


@route("POST", "/api/v1/jobs/{job}/hold", Permission.STOP, tag="queue", errors=ERRORS)
async def hold_job(call: Call[None, None]) -> JobView:
    """Hold a job that waits.

    It keeps its place, but does not start before it is released.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    await call.services.shell.wish(job.id, lambda job_id: HoldJob(job_id, call.who.user))
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))


@route("POST", "/api/v1/jobs/{job}/release", Permission.STOP, tag="queue", errors=ERRORS)
async def release_job(call: Call[None, None]) -> JobView:
    """Release a job that is held."""
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    await call.services.shell.wish(job.id, lambda job_id: ReleaseJob(job_id, call.who.user))
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))


@route("POST", "/api/v1/jobs/{job}/move", Permission.STOP, tag="queue", errors=ERRORS)
async def move_job(call: Call[None, MoveBody]) -> JobView:
    """Move a job in the queue.

    `first` or `last` among the jobs of its team, or before another; a member moves jobs of the own team only. Places
    decide among jobs of one class and priority, so the other has to be of the same.
    """
    body = call.body
    if (body.to == "before") != bool(body.other):
        raise InvalidRequest("other: name the job that it is to go before, and only with `before`.")
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    other = call.site.jobs.find(body.other, call.who)[0] if body.other else None
    if other and other.state is not JobState.QUEUED:
        raise Conflict(f"{other.spec.name} ({other.id}) is {other.state.value}; it does not wait in the queue.")
    wish = MoveJob(job.id, call.who.user, Place(body.to), other.id if other else "")
    await call.services.shell.wish(job.id, lambda _: wish)
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))


@route("POST", "/api/v1/jobs/{job}/set", Permission.STOP, tag="queue", errors=ERRORS)
async def set_job(call: Call[None, SetBody]) -> JobView:
    """Change what a job asks for.

    The priority of any job that is not over; class, `max_duration` and `after` only of one that waits. The class urgent
    is for operators and administrators.
    """
    body, shell = call.body, call.services.shell
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    check_class(body.job_class, call.who)
    after = None if body.after is None else find_dependencies(call, body.after)
    wish = SetJob(
        job.id,
        call.who.user,
        None if body.priority is None else check_priority(body.priority),
        None if body.job_class is None else to_class(body.job_class),
        None if body.max_duration is None else parse_duration(body.max_duration, "max_duration"),
        after,
        shell.succeeded(after or ()),
    )
    await shell.wish(job.id, lambda _: wish)
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))
