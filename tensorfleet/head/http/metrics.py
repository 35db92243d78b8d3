"""The numbers Prometheus asks for."""

from __future__ import annotations

from aiohttp import web

from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import TEXT, route
from tensorfleet.head.prometheus import MEDIA
from tensorfleet.head.roles import Permission


@route(
    "GET",
    "/metrics",
    Permission.READ,
    tag="head",
    also={TEXT: "Prometheus' text format."},
)
async def scrape(call: Call[None, None]) -> web.Response:
    """Read the fleet's metrics for Prometheus."""
    data = await call.site.telemetry.expose(call.services)
    return web.Response(body=data, headers={"Content-Type": MEDIA})
