"""The fleet's history: by pages, live, and live together with what the nodes are doing."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from tensorfleet.errors import InvalidRequest, NotFound
from tensorfleet.head.bus import EVENTS as NEWS
from tensorfleet.head.http.activity import PERIOD
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.feed import Shown
from tensorfleet.head.http.route import EVENTS, route
from tensorfleet.head.http.sse import Stream
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import EventPage, EventView

BATCH = 500
"""Events read at once."""

ROUNDS = 20
"""Batches looked through for one page, where most events are other teams'."""

RESUME = {"Last-Event-ID": "for event streams: the id of the last event that arrived"}


class EventsQuery(msgspec.Struct, frozen=True):
    after: (
        Annotated[int, Meta(ge=0, description="only events behind this id; live streams begin with now without it")]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="events on a page, at most")] = 100
    job: Annotated[str, Meta(max_length=200, description="only this job's, by id or name")] | None = None
    tail: Annotated[int, Meta(ge=0, le=1000, description="the last so many, instead of a page behind `after`")] = 0


class JobEventsQuery(msgspec.Struct, frozen=True):
    after: Annotated[int, Meta(ge=0, description="only events behind this id")] = 0
    limit: Annotated[int, Meta(ge=1, le=1000, description="events on a page, at most")] = 100


@route(
    "GET",
    "/api/v1/events",
    Permission.READ,
    tag="events",
    also={
        EVENTS: "One `event` event each (an EventView), whose id is its own. Last-Event-ID, or `after`, goes on "
        "without a gap and without a double."
    },
    headers=RESUME,
    errors=[NotFound],
)
async def read_events(call: Call[EventsQuery, None]) -> EventPage | web.StreamResponse:
    """Read the fleet's events, oldest first.

    Those of your team's jobs and of the nodes; all for an administrator. `next` is what to give as `after` for the
    following page. Ask for text/event-stream to follow them live.
    """
    query = call.query
    job = call.site.jobs.find(query.job, call.who)[0].id if query.job is not None else None
    if not call.wants(EVENTS):
        if query.tail:
            return await _last(call, query.tail, job)
        return await _page(call, query.after or 0, query.limit, job)
    place = _start(call, query.after)
    async with call.site.streams.follow(call) as stream:
        while stream.alive:
            mark = stream.mark(NEWS)
            place, found = await _send(call, stream, place, job, "")
            if not found:
                await stream.wait(mark)
    return stream.response


@route("GET", "/api/v1/jobs/{job}/events", Permission.READ, tag="jobs", errors=[NotFound])
async def read_job_events(call: Call[JobEventsQuery, None]) -> EventPage:
    """Read a job's events, oldest first."""
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    return await _page(call, call.query.after, call.query.limit, job.id)


@route(
    "GET",
    "/worker-activity",
    Permission.READ,
    tag="events",
    also={
        EVENTS: "`worker` events (a WorkerView, when it changed, at most once a second each, without id) and between "
        "them `event` events of nodes (an EventView), whose id is their own: Last-Event-ID goes on without a gap."
    },
    headers=RESUME,
)
async def watch_workers(call: Call[None, None]) -> web.StreamResponse:
    """Follow what the nodes are doing, live.

    Begins with every node as it is.
    """
    place, turn = _start(call, None), 0
    async with call.site.streams.follow(call) as stream:
        while stream.alive:
            mark = stream.mark(NEWS)
            turn, workers = call.site.activity.since(turn)
            await stream.send(workers)
            place, found = await _send(call, stream, place, None, "node.")
            if not found:
                await stream.wait(mark, PERIOD)
    return stream.response


def _start(call: Call[Any, Any], after: int | None) -> int:
    """Behind which event a stream begins."""
    newest = call.services.store.last_event()
    text = call.request.headers.get("Last-Event-ID")
    if not text:
        return newest if after is None else min(after, newest)
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidRequest(f"Last-Event-ID: {text[:40]!r} is not the id of an event.")
    return min(int(text), newest)


async def _send(call: Call[Any, Any], stream: Stream, place: int, job: str | None, kinds: str) -> tuple[int, bool]:
    """Sends the next batch of events whose kind begins with `kinds`; how far it came, and whether there was any."""
    batch = await call.site.feed.after(place, BATCH, job)
    await stream.send(
        shown.frame for shown in batch if shown.view.kind.startswith(kinds) and shown.visible_to(call.who)
    )
    return (batch[-1].view.id if batch else place), bool(batch)


async def _page(call: Call[Any, Any], after: int, limit: int, job: str | None) -> EventPage:
    found: list[Shown] = []
    for _ in range(ROUNDS):
        batch = await call.site.feed.after(after, BATCH, job)
        for shown in batch:
            if shown.visible_to(call.who):
                found.append(shown)
            after = shown.view.id
            if len(found) == limit:
                return EventPage([shown.view for shown in found], str(after))
        if len(batch) < BATCH:
            return EventPage([shown.view for shown in found], None)
    return EventPage([shown.view for shown in found], str(after))


async def _last(call: Call[Any, Any], tail: int, job: str | None) -> EventPage:
    """The newest `tail` events: a job's few read from its first on, the fleet's backwards batch by batch."""
    found: list[EventView] = []
    if job is not None:
        place, more = 0, True
        while more:
            batch = await call.site.feed.after(place, BATCH, job)
            found += [shown.view for shown in batch if shown.visible_to(call.who)]
            place, more = (batch[-1].view.id if batch else place), len(batch) == BATCH
        return EventPage(found[-tail:], None)
    end = call.services.store.last_event()
    for _ in range(ROUNDS):
        start = max(0, end - BATCH)
        batch = await call.site.feed.after(start, end - start)
        found = [shown.view for shown in batch if shown.view.id <= end and shown.visible_to(call.who)] + found
        end = start
        if len(found) >= tail or not end:
            break
    return EventPage(found[-tail:], None)
