"""What all handlers share, and how one request becomes a handler's call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from tensorfleet.head.http.activity import Activity
from tensorfleet.head.http.call import Call, Encoded
from tensorfleet.head.http.feed import EventFeed
from tensorfleet.head.http.guard import Guard
from tensorfleet.head.http.input import no_query, read_body, read_query
from tensorfleet.head.http.route import JSON, PAGES, Route
from tensorfleet.head.http.sse import Streams
from tensorfleet.head.http.views import JobViews
from tensorfleet.head.idempotency import Idempotency
from tensorfleet.head.policybook import PolicyBook
from tensorfleet.head.prometheus import Telemetry
from tensorfleet.head.services import Services


@dataclass(frozen=True, slots=True)
class Site:
    """ui: where the built web interface lies, or would."""

    services: Services
    guard: Guard
    streams: Streams
    feed: EventFeed
    activity: Activity
    jobs: JobViews
    idempotency: Idempotency
    policy: PolicyBook
    telemetry: Telemetry
    ui: Path
    tls: bool
    routes: Sequence[Route]


def endpoint(site: Site, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What aiohttp calls for `route`: nothing is read before it is known who asks and that they may."""

    async def serve(request: web.Request) -> web.StreamResponse:
        site.guard.check_host(request)
        who = await site.guard.admit(request, route.permission)
        query = None
        if route.query:
            query = read_query(request.query, route.query)
        elif route.tag != PAGES:
            no_query(request.query)
        body = await read_body(request, route)
        return respond(await route.handler(Call(site, request, who, query, body)), route.status)

    return serve


def respond(answer: Any, status: int) -> web.StreamResponse:
    """A handler's answer as a response: JSON, unless it made one itself."""
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None:
        return web.Response(status=204)
    data = answer.data if isinstance(answer, Encoded) else msgspec.json.encode(answer)
    return web.Response(body=data, status=status, content_type=JSON)
