"""The JSON of reservations. Times are unix seconds."""

from __future__ import annotations

import msgspec


class ReserveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nodes, by name or id, to be set aside from `start` (now, when absent) until `end`, or for `seconds`. team, user,
    class: whom they are for; who is not named does not get in, and what is empty admits anybody. maintenance: for
    nobody."""

    nodes: list[str]
    start: float | None = None
    end: float | None = None
    seconds: float | None = None
    team: str = ""
    user: str = ""
    job_class: str = msgspec.field(default="", name="class")
    maintenance: bool = False
    reason: str = ""


class TenantView(msgspec.Struct, frozen=True):
    """A job on a node: from when on, and until when by its limit, null without one. job, name and owner are empty where
    they are not the reader's to know."""

    node: str
    job: str
    name: str
    owner: str
    team: str
    ranks: int
    since: float
    until: float | None


class BookingView(msgspec.Struct, frozen=True):
    """One reservation. nodes: names. whom: for whom, in words. stays: jobs on its nodes that it does not admit, that
    cannot be interrupted, and that may go on after it begins."""

    id: str
    start: float
    end: float
    nodes: list[str]
    team: str
    user: str
    job_class: str = msgspec.field(name="class")
    maintenance: bool
    reason: str
    by: str
    whom: str
    stays: list[TenantView] = []


class CalendarView(msgspec.Struct, frozen=True):
    """Who holds what until when: reservations, the next one first, and jobs by node."""

    reservations: list[BookingView]
    jobs: list[TenantView]
