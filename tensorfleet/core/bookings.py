"""Reservations: made, cancelled, and forgotten when they are over."""

from __future__ import annotations

from datetime import UTC, datetime

from tensorfleet.core.actions import Action, DropBooking, Emit, SaveBooking
from tensorfleet.core.describe import listed
from tensorfleet.core.draft import Draft
from tensorfleet.core.event import Event
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import CancelBooking, Now, Reserve
from tensorfleet.core.scheduling.booking import Booking, check_booking
from tensorfleet.errors import NotFound


def handle(bookings: Draft[Booking], what: Reserve | CancelBooking, fleet: Fleet, now: Now) -> list[Action]:
    """Raises InvalidRequest, Conflict and NotFound; then nothing changed."""
    return reserve(bookings, what, fleet, now) if isinstance(what, Reserve) else cancel(bookings, what, now)


def reserve(bookings: Draft[Booking], what: Reserve, fleet: Fleet, now: Now) -> list[Action]:
    """Raises InvalidRequest and Conflict; then nothing changed."""
    booking = what.booking
    known = {node.id: node.name for node in fleet.nodes.values()}
    check_booking(booking, bookings.values(), known, now.wall)
    bookings.put(booking.id, booking)
    return [SaveBooking(booking), _say(booking, "booking.created", _text(booking, fleet), booking.by, now)]


def cancel(bookings: Draft[Booking], what: CancelBooking, now: Now) -> list[Action]:
    """Raises NotFound."""
    booking = bookings.get(what.booking)
    if booking is None:
        raise NotFound(f"There is no reservation {what.booking[:40]!r}.", "`tensorfleet reserve ls` lists them.")
    bookings.remove(booking.id)
    return [DropBooking(booking.id), _say(booking, "booking.cancelled", f"{booking.id} was cancelled.", what.by, now)]


def expire(bookings: Draft[Booking], now: Now) -> list[Action]:
    """Forgets those that are over."""
    actions: list[Action] = []
    for booking in [each for each in bookings.values() if each.end <= now.wall]:
        bookings.remove(booking.id)
        actions += [DropBooking(booking.id), _say(booking, "booking.ended", f"{booking.id} is over.", "", now)]
    return actions


def whom(booking: Booking) -> str:
    """For whom the nodes are set aside, in words."""
    if booking.maintenance:
        return "maintenance"
    parts = [("team", booking.team), ("user", booking.user), ("class", booking.job_class)]
    return (
        listed([f"{name} {value}" for name, value in parts if value]) if any(each for _, each in parts) else "anybody"
    )


def _text(booking: Booking, fleet: Fleet) -> str:
    names = sorted(node.name for each in booking.nodes if (node := fleet.nodes.get(each)))
    reason = f" ({booking.reason})" if booking.reason else ""
    times = f"from {_at(booking.start)} until {_at(booking.end)}"
    return f"{booking.id} sets {listed(names)} aside for {whom(booking)}, {times}{reason}."


def _say(booking: Booking, kind: str, text: str, by: str, now: Now) -> Emit:
    return Emit(Event(kind, now.wall, text, actor=by, data={"booking": booking.id}))


def _at(when: float) -> str:
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"
