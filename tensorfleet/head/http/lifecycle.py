"""A job rests, goes on, makes room, or is tried once more."""

from __future__ import annotations

from tensorfleet.errors import Conflict, NotFound, StoreFull, Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.http.stop import check_grace
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import JobView, StopBody

ERRORS = (NotFound, Conflict, StoreFull, Unavailable)


@route("POST", "/api/v1/jobs/{job}/pause", Permission.STOP, tag="jobs", errors=ERRORS)
async def pause_job(call: Call[None, StopBody]) -> JobView:
    """Pause a job.

    Its ranks are asked to end, which `should_stop()` tells them, and have `grace` seconds for a checkpoint, a minute
    where none is given; ranks that do not watch get SIGTERM at once. Then its nodes are free and it is `paused`, until
    it is resumed. Answers once the wish is durable.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    await call.services.shell.pause(job.id, call.who.user, check_grace(call.body.grace), requeue=False)
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))


@route("POST", "/api/v1/jobs/{job}/requeue", Permission.STOP, tag="jobs", errors=ERRORS)
async def requeue_job(call: Call[None, StopBody]) -> JobView:
    """Put a running job back into the queue.

    As a pause that is followed by a resume at once: whoever is more urgent goes first, and it goes on afterwards.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    await call.services.shell.pause(job.id, call.who.user, check_grace(call.body.grace), requeue=True)
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))


@route("POST", "/api/v1/jobs/{job}/resume", Permission.STOP, tag="jobs", errors=ERRORS)
async def resume_job(call: Call[None, None]) -> JobView:
    """Resume a paused job.

    It queues again, in the place it had, and its next attempt goes on from its last checkpoint.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    await call.services.shell.resume(job.id, call.who.user)
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))


@route("POST", "/api/v1/jobs/{job}/retry", Permission.STOP, tag="jobs", errors=ERRORS)
async def retry_job(call: Call[None, None]) -> JobView:
    """Retry a job that failed or was cancelled.

    The same job queues again under its id; its next attempt goes on from its last checkpoint.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    await call.services.shell.retry(job.id, call.who.user)
    return call.site.jobs.view(*call.site.jobs.find(job.id, call.who))
