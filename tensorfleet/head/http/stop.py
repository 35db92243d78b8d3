"""Ending a job, politely or at once."""

from __future__ import annotations

from tensorfleet.core.job import CauseCode
from tensorfleet.errors import Conflict, InvalidRequest, NotFound, StoreFull, Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import JobView, StopBody

LONGEST_GRACE = 3600.0
"""Seconds, as in a job file."""

ERRORS = (NotFound, Conflict, StoreFull, Unavailable)


def check_grace(grace: float | None) -> float | None:
    """Raises InvalidRequest for what is no number of seconds to wait."""
    if grace is not None and not 0 <= grace <= LONGEST_GRACE:
        raise InvalidRequest(f"grace: {grace} is not within 0 to {LONGEST_GRACE:.0f} seconds.")
    return grace


@route("POST", "/api/v1/jobs/{job}/stop", Permission.STOP, tag="jobs", errors=ERRORS)
async def stop_job(call: Call[None, StopBody]) -> JobView:
    """Stop a job.

    Ranks that watch `should_stop()` have the grace to end by themselves; others get SIGTERM at once, and SIGKILL after
    the grace. Answers once the wish is durable; the job is `cancelled` when its processes are gone.
    """
    return await _end(call, CauseCode.STOPPED, check_grace(call.body.grace))


@route("POST", "/api/v1/jobs/{job}/kill", Permission.STOP, tag="jobs", errors=ERRORS)
async def kill_job(call: Call[None, None]) -> JobView:
    """Kill a job.

    SIGKILL to all its processes at once.
    """
    return await _end(call, CauseCode.KILLED, 0.0)


async def _end(call: Call[None, StopBody] | Call[None, None], code: CauseCode, grace: float | None) -> JobView:
    jobs = call.site.jobs
    job, _ = jobs.find(call.part("job"), call.who)
    await call.services.shell.stop(job.id, call.who.user, code, grace)
    return jobs.view(*jobs.find(job.id, call.who))
