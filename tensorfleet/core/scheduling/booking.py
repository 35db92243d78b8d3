"""A booking: nodes that are set aside for somebody, or for nobody, for a time.

A maintenance window is a booking that admits nobody. Times are unix seconds; a booking holds from `start` until just
before `end`, so that one may begin the instant another ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tensorfleet.core.scheduling.policy import DAY
from tensorfleet.errors import Conflict, InvalidRequest

LONGEST = 366 * DAY
"""Seconds that a booking may take: nodes are not given away for ever."""

LAST = 253_370_764_800.0
"""No time from here on, the first second of the year 9999, is taken: dates end soon after."""

LATE = 60.0
"""Seconds that a beginning may be over: who says `now` means it when he is heard."""


@dataclass(frozen=True, slots=True)
class Booking:
    """nodes: ids. team, user, job_class: whom it admits; of these what is empty admits anybody, and a job has to match
    all that is not. by: who made it. maintenance: it admits nobody."""

    id: str
    start: float
    end: float
    nodes: tuple[str, ...]
    team: str = ""
    user: str = ""
    job_class: str = ""
    reason: str = ""
    by: str = ""
    maintenance: bool = False

    def holds(self, at: float) -> bool:
        return self.start <= at < self.end


def check_booking(booking: Booking, others: Iterable[Booking], nodes: Mapping[str, str], now: float) -> None:
    """Raises InvalidRequest for a booking that means nothing, and Conflict for one over another.

    nodes: names of all nodes of the fleet, by their ids.
    """
    if not (math.isfinite(booking.start) and math.isfinite(booking.end)):
        raise InvalidRequest("A reservation needs a beginning and an end.", "Give --for, such as 8h or 3d.")
    if not (0.0 <= booking.start < LAST and 0.0 <= booking.end < LAST):
        raise InvalidRequest(
            "The reservation begins or ends at a time that no calendar has.", f"Choose one from {_at(now)} on."
        )
    if booking.end <= booking.start:
        raise InvalidRequest(f"The reservation ends at {_at(booking.end)}, not after it begins.", "Give --for above 0.")
    if booking.start < now - LATE:
        raise InvalidRequest(
            f"The reservation begins at {_at(booking.start)}, in the past.", f"Choose {_at(now)} or later."
        )
    if booking.end - booking.start > LONGEST:
        raise InvalidRequest(f"A reservation takes at most {LONGEST / DAY:g} days.", "Make several of them.")
    _check_nodes(booking, nodes)
    if booking.maintenance and (booking.team or booking.user or booking.job_class):
        raise InvalidRequest("Maintenance admits nobody.", "Leave out the team, the user and the class.")
    for other in others:
        common = sorted(nodes[each] for each in set(other.nodes) & set(booking.nodes))
        if common and other.id != booking.id and booking.start < other.end and other.start < booking.end:
            raise Conflict(
                f"{', '.join(common)}: taken by {other.id} from {_at(other.start)} until {_at(other.end)}.",
                f"Choose other nodes or another time, or `tensorfleet reserve cancel {other.id}`.",
            )


def _check_nodes(booking: Booking, nodes: Mapping[str, str]) -> None:
    if not booking.nodes:
        raise InvalidRequest("The reservation names no node.", "Name at least one.")
    if unknown := [node for node in booking.nodes if node not in nodes]:
        raise InvalidRequest(f"There is no node {', '.join(unknown)}.", "`tensorfleet nodes` lists them.")
    if len(set(booking.nodes)) != len(booking.nodes):
        raise InvalidRequest("The reservation names a node twice.", "Name each once.")


def admits(booking: Booking, team: str, user: str, job_class: str) -> bool:
    """Whether a job of these may use the nodes while the booking holds."""
    wanted = ((booking.team, team), (booking.user, user), (booking.job_class, job_class))
    return not booking.maintenance and all(asked in ("", given) for asked, given in wanted)


def closed_until(bookings: Iterable[Booking], now: float, team: str, user: str, job_class: str) -> tuple[bool, float]:
    """Whether a job of these may use a node now, and when the next booking after `now` shuts it out.

    bookings: those of the node. The second is `math.inf` when none does; a job that may start has to end by it. When it
    may not, it is the earliest time at which that may have changed: the end of the run of bookings that shut it out.
    """
    shut = sorted(
        (each.start, each.end) for each in bookings if each.end > now and not admits(each, team, user, job_class)
    )
    if not shut or shut[0][0] > now:
        return True, shut[0][0] if shut else math.inf
    opens = now
    for start, end in shut:
        if start > opens:
            break
        opens = max(opens, end)
    return False, opens


def _at(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M UTC")
