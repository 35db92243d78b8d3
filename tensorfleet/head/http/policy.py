"""The queue's policy: read, changed in parts, replaced."""

from __future__ import annotations

from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.errors import Conflict, StoreFull, Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.policyfile import change_policy, spread
from tensorfleet.wire.queue import PolicyBody, PolicyPatch, PolicyView

ERRORS = (Conflict, StoreFull, Unavailable)


@route("GET", "/api/v1/queue/policy", Permission.READ, tag="queue")
async def show_policy(call: Call[None, None]) -> PolicyView:
    """Show the queue's policy.

    Every setting with its value, its default, its unit and what it means.
    """
    return call.site.policy.view()


@route("PATCH", "/api/v1/queue/policy", Permission.ADMINISTER, tag="queue", errors=ERRORS)
async def change_some_policy(call: Call[None, PolicyPatch]) -> PolicyView:
    """Change settings of the queue's policy.

    All of `reset` and `set` is applied, or nothing; an event `policy.changed` tells who changed what. A guarantee or
    cap lowered below what its owner holds is refused with 409 and who holds what, unless `force` is given.
    """
    body = call.body
    return await call.site.policy.change(
        call.who.user,
        lambda policy: change_policy(policy, body.set, body.reset),
        dry_run=body.dry_run,
        force=body.force,
        rev=body.rev,
    )


@route("PUT", "/api/v1/queue/policy", Permission.ADMINISTER, tag="queue", errors=ERRORS)
async def replace_policy(call: Call[None, PolicyBody]) -> PolicyView:
    """Replace the queue's policy.

    As a PATCH, but what `policy` does not say goes back to its default.
    """
    body = call.body
    return await call.site.policy.change(
        call.who.user,
        lambda _: change_policy(Policy(), spread(body.policy)),
        dry_run=body.dry_run,
        force=body.force,
        rev=body.rev,
    )
