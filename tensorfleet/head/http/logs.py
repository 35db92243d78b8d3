"""What a job's ranks wrote: by pages, as plain text, or live."""

from __future__ import annotations

from dataclasses import replace
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
from tensorfleet.head.logbook import Lines
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
    contains: Annotated[str, Meta(max_length=200, description="only lines with this text, in any case")] = ""
    cursor: Annotated[str, Meta(max_length=40, description="`cursor` of the answer before")] = ""
    before: Annotated[str, Meta(max_length=40, description="the last lines in front of this `start` or `cursor`")] = ""
    limit: Annotated[int, Meta(ge=1, le=10_000, description="lines on a page, at most")] = 1000
    download: Annotated[int, Meta(ge=0, le=1, description="1: all as plain text, as a browser saves it")] = 0


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

    A page of lines; `cursor` goes on behind the last one, `start` given as `before` goes back. With `contains` a page
    may end before it has found as many as `limit`: go on as long as the cursor moves, or `start` is not empty. Ask for
    text/event-stream to follow them live, for text/plain to have them all as they were written.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    query = call.query
    if call.wants(EVENTS):
        return await _follow(call, job.id)
    if call.wants(TEXT) or query.download:
        return await _text(call, job.id)
    return await call.services.logs.read(
        job.id, _which(query), cursor=query.cursor, before=query.before, limit=query.limit
    )


def _which(query: LogsQuery) -> Lines:
    return Lines(query.attempt, query.rank, query.since, query.contains, query.tail)


async def _follow(call: Call[LogsQuery, None], job_id: str) -> web.StreamResponse:
    services, place = call.services, call.request.headers.get("Last-Event-ID") or call.query.cursor
    which = _which(call.query)
    lines, place = await services.logs.lines(job_id, which, cursor=place, limit=BATCH)
    which = replace(which, tail=0)
    async with call.site.streams.follow(call, GAP) as stream:
        while stream.alive:
            await stream.send(frame("line", msgspec.json.encode(line), line.cursor) for line in lines)
            mark = stream.mark(logs_of(job_id))
            over = _over(call, job_id)
            before = place
            lines, place = await services.logs.lines(job_id, which, cursor=place, limit=BATCH)
            if lines or place != before or over is not _over(call, job_id):
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
    logs, which, before = call.services.logs, _which(call.query), call.query.cursor
    lines, place = await logs.lines(job_id, which, cursor=before, limit=BATCH)
    which = replace(which, tail=0)
    name = f"{job_id}.log" if call.query.rank is None else f"{job_id}.rank-{call.query.rank}.log"
    response = web.StreamResponse(headers={"Content-Disposition": f"attachment; filename={name}"})
    response.content_type, response.charset = TEXT, "utf-8"
    await response.prepare(call.request)
    while place != before:
        text = "".join(_plain(line, call.query.rank is None) for line in lines)
        await response.write(text.encode(errors="replace"))
        before = place
        lines, place = await logs.lines(job_id, which, cursor=before, limit=BATCH)
    await response.write_eof()
    return response


def _plain(line: LogLine, several: bool) -> str:
    return f"{line.rank}: {line.text}\n" if several else f"{line.text}\n"
