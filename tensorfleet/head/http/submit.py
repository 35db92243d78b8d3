"""Submitting a job, and asking what would become of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
from aiohttp import web

from tensorfleet.core.checkpoint import Checkpoint
from tensorfleet.core.checkpoints import pick
from tensorfleet.core.scheduling.policy import JobClass
from tensorfleet.errors import (
    Conflict,
    ImpossibleRequest,
    InvalidRequest,
    NotAllowed,
    NotFound,
    StoreFull,
    Unavailable,
)
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import JSON, route
from tensorfleet.head.http.why import plan
from tensorfleet.head.intake import take_in
from tensorfleet.head.keyring import check_name
from tensorfleet.head.roles import Permission, Principal
from tensorfleet.wire.array import MAX_JOBS, parse_array
from tensorfleet.wire.jobfile import JobFile
from tensorfleet.wire.rest import JobView
from tensorfleet.wire.why import PlanView


def _team(job: JobFile, who: Principal) -> str:
    """The team the job counts for. Raises InvalidRequest, and NotAllowed for somebody else's."""
    if not job.team:
        return who.team
    if not who.reaches(check_name(job.team, "team")):
        raise NotAllowed(f"You belong to the team {who.team} and cannot submit for another.", "Leave `team` out.")
    return job.team


def check_class(job_class: str | None, who: Principal) -> None:
    """Raises NotAllowed for the class urgent, unless an operator or administrator asks for it: it takes the places of
    everybody else's jobs."""
    if job_class == JobClass.URGENT and not who.may(Permission.OPERATE):
        raise NotAllowed(
            f"The class urgent is for operators and administrators; you are a {who.role}.",
            "Use normal, batch or scavenger, or ask one of them for `tensorfleet queue set JOB --class urgent`.",
        )


@route(
    "POST",
    "/api/v1/jobs",
    Permission.SUBMIT,
    tag="jobs",
    status=201,
    headers={"Idempotency-Key": "any text of your own, new for each job: sent again, it gives the same job again"},
    errors=[ImpossibleRequest, Conflict, StoreFull, Unavailable],
    other={200: "The job that the same Idempotency-Key made before; the header Idempotent-Replay is true."},
)
async def submit_job(call: Call[None, JobFile]) -> JobView | web.Response:
    """Submit a job.

    The body is a job file. Its code has to be uploaded before. The answer comes when the job is durable; with `array`,
    when all its jobs are, and shows the first of them. A key that was used for another job is refused with 409.
    """
    key = call.request.headers.get("Idempotency-Key")
    if key is None:
        return await _submit(call)
    book = call.site.idempotency
    name = book.name(call.who.user, key)
    fingerprint = sha256(msgspec.json.encode(call.body, order="sorted")).hexdigest()
    async with book.lock(name):
        job_id = book.seen(name, fingerprint)
        if job_id is None:
            return await _submit(call, name, fingerprint)
    return _answer(call, job_id, 200, {"Idempotent-Replay": "true"})


async def _submit(call: Call[None, JobFile], name: str = "", fingerprint: str = "") -> JobView | web.Response:
    shell, who = call.services.shell, call.who
    team = _team(call.body, who)
    check_class(call.body.job_class, who)
    spec = await take_in(call.body, call.services.objects)
    spec = replace(spec, after=find_dependencies(call, call.body.after), resume=_resume(call))
    array = parse_array(call.body.array) if call.body.array else None
    book = call.site.idempotency
    job_id = await shell.submit(
        spec, who.user, team, lambda job: book.remember(name, fingerprint, job) if name else (), array
    )
    return _answer(call, job_id, 201, {})


def _resume(call: Call[None, JobFile]) -> Checkpoint | None:
    """The checkpoint that `resume_from` names. Raises InvalidRequest."""
    job, _, step = call.body.resume_from.partition("@")
    if not job:
        return None
    try:
        found, _ = call.site.jobs.find(job, call.who)
        return pick(found, step or "latest")
    except NotFound as error:
        raise InvalidRequest(f"resume_from: {error.detail[0].lower()}{error.detail[1:]}", error.hint) from None


def find_dependencies(call: Call[Any, Any], after: Iterable[str]) -> tuple[str, ...]:
    """The ids of the jobs that `after` names; of an array, all of it. Raises InvalidRequest."""
    found: dict[str, None] = {}
    for reference in after:
        try:
            found |= dict.fromkeys(job.id for job in call.site.jobs.find_all(reference, call.who))
        except NotFound as error:
            raise InvalidRequest(f"after: {error.detail[0].lower()}{error.detail[1:]}", error.hint) from None
    if len(found) > MAX_JOBS:
        raise InvalidRequest(f"after: these are {len(found)} jobs; {MAX_JOBS} is the limit.")
    return tuple(found)


def _answer(call: Call[None, JobFile], job_id: str, status: int, headers: dict[str, str]) -> web.Response:
    body = bytes(call.site.jobs.encoded(*call.services.shell.job(job_id)))
    headers["Location"] = f"/api/v1/jobs/{job_id}"
    return web.Response(body=body, status=status, content_type=JSON, headers=headers)


@route("POST", "/api/v1/jobs:plan", Permission.SUBMIT, tag="jobs", errors=[ImpossibleRequest, NotAllowed, StoreFull])
async def plan_job(call: Call[None, JobFile]) -> PlanView:
    """Tell what would become of a job.

    Takes the same body as a submit and refuses the same things, but submits nothing.
    """
    team = _team(call.body, call.who)
    check_class(call.body.job_class, call.who)
    _resume(call)
    return await plan(call.services.shell, await take_in(call.body, call.services.objects), call.who.user, team)
