"""A job that would have a place, were its nodes not set aside for others."""

from __future__ import annotations

from tensorfleet.core.bookings import whom
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.naming import clock, nodes_named
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.booking import Booking, admits
from tensorfleet.core.scheduling.scheduler import Scheduler
from tensorfleet.core.wait import Wait, WaitCode


def booked(ask: Ask, fleet: Fleet, scheduler: Scheduler, now: float) -> Wait | None:
    """Which reservation keeps `ask` waiting; None where it has no place even without any."""
    grid, request = scheduler.grid, ask.of_size(ask.least)
    if not scheduler.calendar or grid.seat(request, ask.shunned) or not grid.seat(request, ask.bad):
        return None
    shut = scheduler.calendar.keeping_out(ask, now)
    if not shut:
        return None
    booking = _decisive(shut, ask, scheduler)
    now += scheduler.calendar.ahead
    nodes = nodes_named((each for each in booking.nodes if each in grid.places), fleet)
    when = f"until {clock(booking.end)}"
    if booking.start > now:
        when = f"from {clock(booking.start)}, before it would be over, {when}"
    others = len(shut) - 1
    more = f"; {others} other{'s keep' if others > 1 else ' keeps'} it out, too" if others else ""
    why = f" ({booking.reason})" if booking.reason else ""
    hint = f"`tensorfleet reserve ls` lists them; {booking.by} made this one."
    if booking.start > now and not ask.limit and not ask.preemptible:
        hint += " With a --max-duration that is over before then, or --preemptible, it may start there."
    return Wait(
        WaitCode.RESERVED,
        f"{nodes}: set aside by {booking.by} for {whom(booking)}{why} {when} ({booking.id}){more}.",
        hint,
        numbers={
            "from": booking.start,
            "until": booking.end,
            "seconds": booking.end - now,
            "reservations": len(shut),
        },
    )


def staying(booking: Booking, scheduler: Scheduler) -> list[Holding]:
    """Who may go on on the nodes of `booking` after it begins, though it is not for them: it cannot be interrupted."""
    begins = booking.start - scheduler.calendar.ahead
    return [
        each
        for each in scheduler.holdings.values()
        if not each.ask.preemptible
        and each.ends() > begins
        and each.on(booking.nodes)
        and not admits(booking, each.ask.team, each.ask.user, each.ask.job_class.value)
    ]


def _decisive(shut: list[Booking], ask: Ask, scheduler: Scheduler) -> Booking:
    """The one with whose end it has a place on what is free now; the last where another follows at once. shut: by
    their ends."""
    grid, request = scheduler.grid, ask.of_size(ask.least)
    for each in shut:
        if grid.seat(request, ask.bad | scheduler.calendar.shut(ask, each.end - scheduler.calendar.ahead)):
            return each
    return shut[-1]
