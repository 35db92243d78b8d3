"""The table of all routes, and the web application made of it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from tensorfleet.errors import TensorFleetError
from tensorfleet.head.http import (
    artifacts,
    backup,
    blobs,
    checkpoints,
    curves,
    docs,
    events,
    health,
    home,
    jobs,
    keys,
    lifecycle,
    login,
    logs,
    me,
    metrics,
    policy,
    queue,
    recipes,
    reservations,
    stop,
    submit,
    teams,
    usage,
    why,
    workers,
)
from tensorfleet.head.http.activity import Activity
from tensorfleet.head.http.bucket import Buckets
from tensorfleet.head.http.errors import from_aiohttp, problem, unforeseen
from tensorfleet.head.http.feed import EventFeed
from tensorfleet.head.http.guard import Guard
from tensorfleet.head.http.route import EVENTS, Route
from tensorfleet.head.http.site import Site, endpoint
from tensorfleet.head.http.sse import Streams
from tensorfleet.head.http.views import JobViews
from tensorfleet.head.idempotency import Idempotency
from tensorfleet.head.policybook import PolicyBook
from tensorfleet.head.prometheus import Telemetry
from tensorfleet.head.services import Services
from tensorfleet.objects.port import MAX_BLOB
from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)

ROUTES: Final[tuple[Route, ...]] = (
    submit.submit_job,
    jobs.list_jobs,
    submit.plan_job,
    jobs.show_job,
    jobs.show_job_file,
    stop.stop_job,
    stop.kill_job,
    lifecycle.pause_job,
    lifecycle.resume_job,
    lifecycle.requeue_job,
    lifecycle.retry_job,
    why.why_job,
    recipes.list_recipes,
    queue.list_queue,
    queue.hold_job,
    queue.release_job,
    queue.move_job,
    queue.set_job,
    teams.list_teams,
    usage.read_usage,
    policy.show_policy,
    policy.change_some_policy,
    policy.replace_policy,
    reservations.show_calendar,
    reservations.reserve_nodes,
    reservations.cancel_reservation,
    logs.read_logs,
    curves.read_metrics,
    events.read_job_events,
    artifacts.list_artifacts,
    artifacts.get_artifact,
    checkpoints.list_checkpoints,
    checkpoints.list_checkpoint_files,
    checkpoints.get_checkpoint_file,
    blobs.missing_blobs,
    blobs.put_blob,
    workers.list_workers,
    workers.show_worker,
    workers.show_telemetry,
    workers.show_history,
    workers.approve_worker,
    workers.drain_worker,
    workers.resume_worker,
    workers.label_worker,
    workers.test_worker,
    workers.remove_worker,
    workers.create_join_token,
    events.read_events,
    events.watch_workers,
    me.show_me,
    keys.list_keys,
    keys.create_key,
    keys.revoke_key,
    login.show_login,
    login.login,
    login.logout,
    login.exchange_token,
    login.create_login_token,
    backup.get_backup,
    health.show_health,
    health.show_ready,
    metrics.scrape,
    docs.show_openapi,
    docs.show_docs,
    home.show_home,
    home.show_page,
    home.get_asset,
)

UI: Final = Path(__file__).parent.parent / "web-ui"

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # Not no-referrer: browsers would then send `Origin: null` with our own login form.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

REQUEST_ID: Final = web.RequestKey("request_id", str)
SITE: Final = web.AppKey("site", Site)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(services: Services, *, tls: bool = False, names: Collection[str] = (), ui: Path = UI) -> web.Application:
    """The application for `serve`. Call it inside the running loop.

    tls: whether it will be served by TLS. names: host names by which the head is reached, beside its addresses and
    localhost; without TLS others are refused. ui: the built web interface.
    """
    clock = asyncio.get_running_loop().time
    site = Site(
        services=services,
        guard=Guard(services.keys, Buckets(clock), tls, names),
        streams=Streams(),
        feed=EventFeed(services.store, services.shell),
        activity=Activity(services.registry, services.bus, clock),
        jobs=JobViews(services.shell),
        idempotency=Idempotency(services.store, time.time),
        policy=PolicyBook(services.shell, services.store),
        telemetry=Telemetry(services.store.last_event()),
        ui=ui,
        tls=tls,
        routes=ROUTES,
    )
    app = web.Application(middlewares=[_edge(site.telemetry)], client_max_size=MAX_BLOB)
    for route in ROUTES:
        path = route.path.replace("{path}", "{path:.+}").replace("{page}", "{page:.*}")
        app.router.add_route(route.method, path, endpoint(site, route))
    app[SITE] = site
    app.on_response_prepare.append(_decorate)
    return app


def _edge(telemetry: Telemetry) -> Middleware:
    @web.middleware
    async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Where every error becomes an answer, and every request is counted and logged, never with its query."""
        began = time.perf_counter()
        request[REQUEST_ID] = secrets.token_hex(8)
        response = await _answer(request, handler)
        resource = request.match_info.route.resource
        pattern = resource.canonical if resource else "none"
        seconds = time.perf_counter() - began
        if response.content_type != EVENTS:
            telemetry.answered(request.method, pattern, response.status, seconds)
        log.debug(
            "answered",
            extra=fields(
                request=request[REQUEST_ID],
                method=request.method,
                route=pattern,
                status=response.status,
                ms=round(seconds * 1000, 1),
            ),
        )
        return response

    return edge


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except TensorFleetError as error:
        if error.blame != "user":
            log.error("a request failed", extra=fields(request=request[REQUEST_ID], error=str(error)))
        return problem(error)
    except web.HTTPException as error:
        return from_aiohttp(error)
    except ConnectionError:
        raise
    except Exception:
        return problem(unforeseen(request[REQUEST_ID]))


async def _decorate(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request.get(REQUEST_ID, "")
