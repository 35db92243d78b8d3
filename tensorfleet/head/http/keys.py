"""API keys: listed, made, revoked."""

from __future__ import annotations

from tensorfleet.errors import Conflict, NotFound, StoreFull
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import KeyBody, KeyPage, KeyView


@route("GET", "/api/v1/keys", Permission.READ, tag="keys")
async def list_keys(call: Call[None, None]) -> KeyPage:
    """List API keys.

    Your own; those of everybody for an administrator. A secret is shown only once, when its key is made.
    """
    return KeyPage(call.services.keys.views(call.who), None)


@route("POST", "/api/v1/keys", Permission.READ, tag="keys", status=201, errors=[Conflict, StoreFull])
async def create_key(call: Call[None, KeyBody]) -> KeyView:
    """Make an API key.

    For yourself, with at most your own role; for anybody as an administrator, which also makes the user. It lives
    for `days`, at most and unless told otherwise a year. `key` is in this answer and never again.
    """
    return await call.services.keys.create(call.body, call.who)


@route("DELETE", "/api/v1/keys/{key}", Permission.READ, tag="keys", status=204, errors=[NotFound, StoreFull])
async def revoke_key(call: Call[None, None]) -> None:
    """Revoke an API key.

    It ends at once, also for streams that are open with it. Your own; anybody's for an administrator.
    """
    await call.services.keys.revoke(call.part("key"), call.who)
