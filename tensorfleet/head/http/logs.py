"""What a job's ranks wrote: by pages, as plain text, or live."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from tensorfleet.core.job import TERMINAL
from tensorfleet.errors import NotFound
from tensorfleet.head.bus import logs_of
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import EVENTS, TEXT, route
from tensorfleet.head.http.sse import frame
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import LogLine, LogPage

BATCH = 1000
"""Lines read at once."""


GAP = 0.02
"""Seconds between two writes of a stream: people watch these, and the end of a job waits for it."""


class LogsQuery(msgspec.Struct, frozen=True):
    rank: Annotated[int | None, Meta(description="only this rank's lines")] = None
    attempt: Annotated[int, Meta(ge=0, le=10**9, description="only this attempt's; 0 for all")] = 0
    since: Annotated[float, Meta(ge=0, description="only lines read at or after this time (unix seconds)")] = 0.0
    tail: Annotated[int, Meta(ge=0, le=10_000, description="begin with the last so many lines; 0 for all")] = 0
    cursor: Annotated[str, Meta(max_length=40, description="`cursor` of the answer before")] = ""
    limit: Annotated[int, Meta(ge=1, le=10_000, description="lines on a page, at most")] = 1000


@route(
    "GET",
    "/api/v1/jobs/{job}/logs",
    Permission.READ,
    tag="jobs",
    also={
        EVENTS: "One `line` event a line (a LogLine), whose id is the cursor behind it; after the last line of a job "
        "that is over an `end` event with the job. Last-Event-ID goes on without a gap.",
        TEXT: "All lines from the cursor on; each begins with its rank and a colon where several ranks are asked for.",
    },
    headers={"Last-Event-ID": "for event streams: the id of the last event that arrived"},
    errors=[NotFound],
)
async def read_logs(call: Call[LogsQuery, None]) -> LogPage | web.StreamResponse:
    """Read a job's logs.

    A page of lines; `cursor` goes on behind the last one. Ask for text/event-stream to follow them live, for
    text/plain to have them all as they were written.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    query = call.query
    if call.wants(EVENTS):
        return await _follow(call, job.id)
    if call.wants(TEXT):
        return await _text(call, job.id)
    return await call.services.logs.read(job.id, cursor=query.cursor, limit=query.limit, **_filters(query))


def _filters(query: LogsQuery) -> dict[str, Any]:
    return {"rank": query.rank, "attempt": query.attempt, "since": query.since, "tail": query.tail}


async def _follow(call: Call[LogsQuery, None], job_id: str) -> web.StreamResponse:
    services, place = call.services, call.request.headers.get("Last-Event-ID") or call.query.cursor
    filters = _filters(call.query)
    lines, place = await services.logs.lines(job_id, cursor=place, limit=BATCH, **filters)
    filters["tail"] = 0
    async with call.site.streams.follow(call, GAP) as stream:
        while stream.alive:
            await stream.send(frame("line", msgspec.json.encode(line), at) for at, line in lines)
            mark = stream.mark(logs_of(job_id))
            over = _over(call, job_id)
            lines, place = await services.logs.lines(job_id, cursor=place, limit=BATCH, **filters)
            if lines or over is not _over(call, job_id):
                continue
            if over:
                end = bytes(call.site.jobs.encoded(*services.shell.job(job_id)))
                await stream.send([frame("end", end)])
                break
            await stream.wait(mark)
    return stream.response


def _over(call: Call[Any, Any], job_id: str) -> bool:
    return call.services.shell.job(job_id)[0].state in TERMINAL


async def _text(call: Call[LogsQuery, None], job_id: str) -> web.StreamResponse:
    logs, filters, place = call.services.logs, _filters(call.query), call.query.cursor
    lines, place = await logs.lines(job_id, cursor=place, limit=BATCH, **filters)
    filters["tail"] = 0
    response = web.StreamResponse()
    response.content_type, response.charset = TEXT, "utf-8"
    await response.prepare(call.request)
    while lines:
        text = "".join(_plain(line, call.query.rank is None) for _, line in lines)
        await response.write(text.encode(errors="replace"))
        lines, place = await logs.lines(job_id, cursor=place, limit=BATCH, **filters)
    await response.write_eof()
    return response


def _plain(line: LogLine, several: bool) -> str:
    return f"{line.rank}: {line.text}\n" if several else f"{line.text}\n"
