"""Reservations, and the calendar: who holds what until when."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from typing import Any

from tensorfleet.core.booked import staying
from tensorfleet.core.bookings import whom
from tensorfleet.core.inputs import CancelBooking, Reserve
from tensorfleet.core.scheduling.ask import Holding
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.errors import Conflict, InvalidRequest, NotFound, StoreFull, Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.booking import BookingView, CalendarView, ReserveBody, TenantView
from tensorfleet.wire.jobspec import to_class

ERRORS = (Conflict, NotFound, StoreFull, Unavailable)


@route("GET", "/api/v1/reservations", Permission.READ, tag="queue")
async def show_calendar(call: Call[None, None]) -> CalendarView:
    """Show the calendar.

    Who holds what until when: reservations, and running jobs by their limits.
    """
    shell = call.services.shell
    booked = sorted(shell.control.bookings.values(), key=lambda each: (each.start, each.id))
    jobs = _tenants(shell.control.dispatch.scheduler.holdings.values(), call)
    return CalendarView([_view(each, call) for each in booked], jobs)


@route("POST", "/api/v1/reservations", Permission.OPERATE, tag="queue", status=201, errors=ERRORS)
async def reserve_nodes(call: Call[None, ReserveBody]) -> BookingView:
    """Set nodes aside.

    For a team, a user, a class, or maintenance. Jobs that it does not admit start there only if their `max_duration`
    ends before it, or if they can be interrupted; those are put back into the queue when it begins.
    """
    body, shell = call.body, call.services.shell
    if (body.end is None) == (body.seconds is None):
        raise InvalidRequest("The reservation needs either an end or a length.", "Give `end`, or `seconds`.")
    if not (body.team or body.user or body.job_class or body.maintenance):
        raise InvalidRequest(
            "The reservation is for nobody in particular.", "Give `team`, `user`, `class` or `maintenance`."
        )
    now = shell.now().wall
    start = now if body.start is None else body.start
    end = start + body.seconds if body.seconds is not None else body.end
    booking = Booking(
        id="r" + secrets.token_hex(4),
        start=start,
        end=end or 0.0,
        nodes=tuple(call.services.registry.worker(each).id for each in body.nodes),
        team=body.team,
        user=body.user,
        job_class=to_class(body.job_class).value if body.job_class else "",
        reason=body.reason[:200],
        by=call.who.user,
        maintenance=body.maintenance,
    )
    await shell.ask(Reserve(booking))
    return _view(booking, call)


@route("DELETE", "/api/v1/reservations/{reservation}", Permission.OPERATE, tag="queue", status=204, errors=ERRORS)
async def cancel_reservation(call: Call[None, None]) -> None:
    """Cancel a reservation."""
    await call.services.shell.ask(CancelBooking(call.part("reservation"), call.who.user))


def _tenants(
    holdings: Iterable[Holding], call: Call[Any, Any], nodes: Collection[str] | None = None
) -> list[TenantView]:
    """Who holds what, by node. nodes: only there."""
    shell, jobs = call.services.shell, []
    for holding in holdings:
        ask, ends = holding.ask, holding.ends()
        job = shell.control.fleet.jobs.get(ask.id)
        told = (ask.id, job.spec.name, job.owner) if job and call.who.reaches(job.team) else ("", "", "")
        until = ends if ends < float("inf") else None
        for share in holding.shares:
            if nodes is None or share.node in nodes:
                jobs.append(TenantView(share.node_name, *told, ask.team, share.ranks, holding.started, until))
    return sorted(jobs, key=lambda each: (each.node, each.since))


def _view(booking: Booking, call: Call[Any, Any]) -> BookingView:
    shell = call.services.shell
    stays = staying(booking, shell.control.dispatch.scheduler)
    found = (shell.control.fleet.nodes.get(each) for each in booking.nodes)
    return BookingView(
        booking.id,
        booking.start,
        booking.end,
        sorted(node.name for node in found if node),
        booking.team,
        booking.user,
        booking.job_class,
        booking.maintenance,
        booking.reason,
        booking.by,
        whom(booking),
        _tenants(stays, call, booking.nodes),
    )
