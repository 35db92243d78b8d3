"""Who used what."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from tensorfleet.core.job import Job
from tensorfleet.core.scheduling.policy import DAY, HOUR
from tensorfleet.core.usage_report import By, Usage, Window, report
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.usage import UsageRow, UsageView

PAGE = 200
"""Jobs that are read between two looks at other requests."""


class UsageQuery(msgspec.Struct, frozen=True):
    by: Annotated[By, Meta(description="what a row is about")] = By.TEAM
    since: Annotated[float | None, Meta(description="unix seconds; 30 days before `until` by default")] = None
    until: Annotated[float | None, Meta(description="unix seconds; now by default")] = None
    team: Annotated[str | None, Meta(description="only this team's, by the exact name")] = None


@route("GET", "/api/v1/usage", Permission.READ, tag="queue")
async def read_usage(call: Call[UsageQuery, None]) -> UsageView:
    """Report who used what.

    GPU-hours and slot-hours held within the window, what of them was lost, and how long jobs waited: of the own team,
    or of all for an operator. What runs still counts until now.
    """
    query, shell = call.query, call.services.shell
    now = shell.now().wall
    until = now if query.until is None else query.until
    window = Window(until - 30 * DAY if query.since is None else query.since, until)

    def wanted(job: Job) -> bool:
        return query.team in (None, job.team) and call.who.reaches(job.team)

    found: list[Job] = []
    cursor: str | None = None
    while True:
        page, cursor = shell.jobs(wanted, cursor, PAGE)
        found += (job for job, _ in page)
        if cursor is None:
            break
        await asyncio.sleep(0)
    models = {gpu.uuid: gpu.model for node in shell.control.fleet.nodes.values() for gpu in node.gpus}
    rows = await asyncio.to_thread(report, found, window, now, query.by, models)
    return UsageView(query.by.value, window.since, window.until, [_row(name, row) for name, row in rows.items()])


def _row(name: str, row: Usage) -> UsageRow:
    return UsageRow(
        name,
        row.gpu_seconds / HOUR,
        row.slot_seconds / HOUR,
        row.useful / HOUR,
        row.lost / HOUR,
        row.efficiency,
        len(row.jobs),
        row.mean_wait,
        row.p90_wait,
    )
