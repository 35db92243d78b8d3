"""Who the head takes you for."""

from __future__ import annotations

from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import MeView


@route("GET", "/api/v1/me", Permission.READ, tag="keys")
async def show_me(call: Call[None, None]) -> MeView:
    """Tell who this credential belongs to."""
    return MeView(call.who.user, call.who.team, call.who.role)
