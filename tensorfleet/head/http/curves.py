"""A job's metrics: whole curves, or point by point as they come."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from tensorfleet.core.job import TERMINAL
from tensorfleet.errors import InvalidRequest, NotFound
from tensorfleet.head.bus import curves_of
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import EVENTS, route
from tensorfleet.head.http.sse import frame
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import MetricsView, Series

BATCH = 1000
"""Points read at once."""


GAP = 0.02
"""Seconds between two writes of a stream."""


Step = Annotated[int, Meta(ge=-(2**62), le=2**62)]


class CurvesQuery(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(max_length=500, description="only the curve of exactly this name")] = ""
    rank: Annotated[int | None, Meta(description="only this rank's")] = None
    points: Annotated[int, Meta(ge=2, le=10_000, description="points of a curve, at most")] = 500
    first: Annotated[Step | None, Meta(description="only from this step on")] = None
    last: Annotated[Step | None, Meta(description="only up to this step")] = None
    after: Annotated[int, Meta(ge=0, le=2**62, description="for event streams: only what came after this")] = 0


@route(
    "GET",
    "/api/v1/jobs/{job}/metrics",
    Permission.READ,
    tag="jobs",
    also={
        EVENTS: "One `point` event a point (a Series with the new point only); after the last one of a job that is "
        "over an `end` event with the job. Last-Event-ID, or `after`, goes on without a gap."
    },
    headers={"Last-Event-ID": "for event streams: the id of the last event that arrived"},
    errors=[NotFound],
)
async def read_metrics(call: Call[CurvesQuery, None]) -> MetricsView | web.StreamResponse:
    """Read a job's metrics.

    Every curve, thinned to `points`. Ask for text/event-stream to have all points from the first on and then live.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    query = call.query
    if call.wants(EVENTS):
        return await _follow(call, job.id)
    return await call.services.curves.series(
        job.id, name=query.name, rank=query.rank, points=query.points, first=query.first, last=query.last
    )


async def _follow(call: Call[CurvesQuery, None], job_id: str) -> web.StreamResponse:
    services = call.services
    row = max(_row(call.request.headers.get("Last-Event-ID", "0")), call.query.after)
    async with call.site.streams.follow(call, GAP) as stream:
        while stream.alive:
            mark = stream.mark(curves_of(job_id))
            over = _over(call, job_id)
            points = await services.curves.after(job_id, row, BATCH)
            if points:
                row = points[-1][0]
                await stream.send(
                    frame("point", msgspec.json.encode(point), at) for at, point in points if _asked(call.query, point)
                )
            elif over:
                await stream.send([frame("end", bytes(call.site.jobs.encoded(*services.shell.job(job_id))))])
                break
            elif not _over(call, job_id):
                await stream.wait(mark)
    return stream.response


def _row(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidRequest(f"Last-Event-ID: {text[:40]!r} is not the id of a point.")
    return int(text)


def _asked(query: CurvesQuery, point: Series) -> bool:
    step = point.points[0][0]
    within = (query.first is None or query.first <= step) and (query.last is None or step <= query.last)
    return within and query.name in ("", point.name) and query.rank in (None, point.rank)


def _over(call: Call[CurvesQuery, None], job_id: str) -> bool:
    return call.services.shell.job(job_id)[0].state in TERMINAL
