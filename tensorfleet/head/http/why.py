"""What a job waits for."""

from __future__ import annotations

from tensorfleet.errors import NotFound
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import WhyView


@route("GET", "/api/v1/jobs/{job}/why", Permission.READ, tag="jobs", errors=[NotFound])
async def why_job(call: Call[None, None]) -> WhyView:
    """Explain what a job waits for.

    A code, a sentence, and its place in the queue.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    return call.services.shell.why(job.id)
