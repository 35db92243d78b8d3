"""Jobs, listed and one by one."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tensorfleet.core.job import Job, JobState
from tensorfleet.errors import NotFound
from tensorfleet.head.http.call import Call, Encoded
from tensorfleet.head.http.route import route
from tensorfleet.head.http.views import in_array
from tensorfleet.head.roles import Permission
from tensorfleet.recipes.catalog import params_of
from tensorfleet.wire.jobfile import JobFile
from tensorfleet.wire.jobspec import from_spec
from tensorfleet.wire.rest import JobPage, JobView


class JobsQuery(msgspec.Struct, frozen=True):
    state: Annotated[list[JobState], Meta(description="only jobs in one of these; may be given again")] = []
    owner: Annotated[str | None, Meta(description="only this user's, by the exact name")] = None
    team: Annotated[str | None, Meta(description="only this team's, by the exact name")] = None
    name: Annotated[str | None, Meta(description="only jobs of exactly this name")] = None
    array: Annotated[str | None, Meta(description="only jobs of the array with this id")] = None
    limit: Annotated[int, Meta(ge=1, le=500, description="jobs on a page, at most")] = 50
    cursor: Annotated[str, Meta(max_length=200, description="`next` of the page before")] | None = None


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]
    next: str | None


@route("GET", "/api/v1/jobs", Permission.READ, tag="jobs")
async def list_jobs(call: Call[JobsQuery, None]) -> Encoded[JobPage]:
    """List jobs, newest first.

    Members and viewers see the jobs of their own team, operators and administrators all. A page that is not the
    last has a cursor in `next`.
    """
    query, who, jobs = call.query, call.who, call.site.jobs
    states = frozenset(query.state)

    def wanted(job: Job) -> bool:
        return (
            (not states or job.state in states)
            and query.owner in (None, job.owner)
            and query.team in (None, job.team)
            and query.name in (None, job.spec.name)
            and (query.array is None or in_array(job, query.array))
            and who.reaches(job.team)
        )

    found, cursor = call.services.shell.jobs(wanted, query.cursor, query.limit)
    return Encoded(msgspec.json.encode(_Page([jobs.encoded(job, rev) for job, rev in found], cursor)))


@route("GET", "/api/v1/jobs/{job}", Permission.READ, tag="jobs", errors=[NotFound])
async def show_job(call: Call[None, None]) -> JobView:
    """Show a job.

    By its id, or by its name for the newest of that name.
    """
    jobs = call.site.jobs
    return jobs.view(*jobs.find(call.part("job"), call.who))


@route("GET", "/api/v1/jobs/{job}/file", Permission.READ, tag="jobs", errors=[NotFound])
async def show_job_file(call: Call[None, None]) -> JobFile:
    """Show a job as a job file.

    Submitted as it is, it runs the same code once more (a recipe as the head has it now); change in it what should be
    different.
    """
    spec = call.site.jobs.find(call.part("job"), call.who)[0].spec
    file = from_spec(spec)
    params = params_of(spec.recipe, spec.run) if spec.recipe else None
    return file if params is None else msgspec.structs.replace(file, run=None, recipe=spec.recipe, params=params)
