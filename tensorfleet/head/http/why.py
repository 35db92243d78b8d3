"""What a job waits for, and when it will start; the same of one that is not submitted yet."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping

from tensorfleet.core.job import Job, JobSpec, JobState
from tensorfleet.core.outlook import Outlook
from tensorfleet.core.wait import Holder, WaitCode
from tensorfleet.errors import NotFound
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.head.shell import Shell
from tensorfleet.wire.rest import ShareView
from tensorfleet.wire.why import EtaView, HolderView, PlanView, RemedyView, WhyView


@route("GET", "/api/v1/jobs/{job}/why", Permission.READ, tag="jobs", errors=[NotFound])
async def why_job(call: Call[None, None]) -> WhyView:
    """Explain what a job waits for.

    A code, a sentence with its numbers, and its place in the queue; who has what it waits for; when it will start; and
    one change with which it would start now.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    if job.state is not JobState.QUEUED:
        return _over(job)
    found = call.services.shell.outlook(job)
    wait = found.wait
    holders = [_holder(each, call.who.reaches(each.team)) for each in wait.holders]
    return WhyView(
        job.state,
        wait.code,
        wait.text,
        wait.hint,
        wait.position or None,
        dict(wait.numbers),
        holders,
        await _eta(found),
        _remedy(found),
    )


async def plan(shell: Shell, spec: JobSpec, owner: str, team: str) -> PlanView:
    """What would become of `spec`. Raises ImpossibleRequest."""
    found = shell.preview(spec, owner, team)
    wait, shares = found.wait, found.shares
    places = tuple(ShareView(s.node_name, s.node, s.node_rank, s.first_rank, s.ranks, s.gpus, s.phase) for s in shares)
    holders = [_holder(each, each.team == team) for each in wait.holders]
    return PlanView(
        bool(shares),
        wait.code,
        wait.text,
        wait.hint,
        places,
        dict(wait.numbers),
        holders,
        await _eta(found),
        _remedy(found),
    )


def _over(job: Job) -> WhyView:
    text = job.cause.text if job.cause else f"It is {job.state.value}; it waits for nothing."
    return WhyView(job.state, WaitCode.NONE, text, job.cause.hint if job.cause else "", None)


def _holder(each: Holder, known: bool) -> HolderView:
    """Somebody else's job is a number of ranks on nodes; its name and owner are for the own team."""
    view = HolderView(**{field.name: getattr(each, field.name) for field in dataclasses.fields(each)})
    return view if known else HolderView("", "", "", each.team, each.ranks, each.nodes, each.since, each.until)


async def _eta(found: Outlook) -> EtaView | None:
    if found.snapshot is None:
        return None
    when = await asyncio.to_thread(found.snapshot.forecast)
    return EtaView(when.not_before, when.likely, when.late, when.no_later_than)


def _remedy(found: Outlook) -> RemedyView | None:
    change = found.remedy
    if change is None:
        return None
    limit = change.spec.max_duration if "max_duration" in change.fields else None
    fields = {name: dict(value) if isinstance(value, Mapping) else value for name, value in change.fields.items()}
    return RemedyView(change.text, change.options, limit, fields)
