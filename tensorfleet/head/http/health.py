"""Whether the head lives, and whether it can do its work."""

from __future__ import annotations

import time

from tensorfleet import __version__
from tensorfleet.errors import Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import HealthView


@route("GET", "/health", Permission.NOTHING, tag="head")
async def show_health(call: Call[None, None]) -> HealthView:
    """Tell that the head lives, which fleet it heads, and where agents dial."""
    return _health(call, "ok")


@route("GET", "/ready", Permission.NOTHING, tag="head", errors=[Unavailable])
async def show_ready(call: Call[None, None]) -> HealthView:
    """Tell whether the head takes requests.

    503 while it shuts down.
    """
    if call.services.bus.closed:
        raise Unavailable("The head is shutting down.", "Try again in a moment.")
    return _health(call, "ready")


def _health(call: Call[None, None], status: str) -> HealthView:
    services = call.services
    uptime = max(0.0, time.time() - services.started)
    return HealthView(status, __version__, services.fleet, services.rpc_port, uptime, services.room.fill.value)
