"""The queue, as `Client.queue`: its order, its policy, and what one does to jobs that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from tensorfleet.client.transport import Transport, escape
from tensorfleet.wire.booking import BookingView, CalendarView, ReserveBody
from tensorfleet.wire.queue import MoveBody, PolicyBody, PolicyPatch, PolicyView, QueuePage, SetBody, TeamPage, TeamView
from tensorfleet.wire.rest import JobView
from tensorfleet.wire.usage import UsageView

_POLICY = "/api/v1/queue/policy"
_RESERVATIONS = "/api/v1/reservations"


class Queue:
    def __init__(self, http: Transport) -> None:
        self._http = http

    def page(self, limit: int = 1000) -> QueuePage:
        """The jobs that wait, in the order of the queue, as far as one may see them."""
        return self._http.get(QueuePage, "/api/v1/queue", {"limit": limit})

    def hold(self, job: str) -> JobView:
        """It does not start before it is released."""
        return self._http.post(JobView, f"{_job(job)}/hold", again=True)

    def release(self, job: str) -> JobView:
        return self._http.post(JobView, f"{_job(job)}/release", again=True)

    def move(self, job: str, to: Literal["first", "last", "before"], other: str = "") -> JobView:
        """First or last among the jobs of its team, or before the job `other`."""
        return self._http.post(JobView, f"{_job(job)}/move", MoveBody(to, other), again=True)

    def set(
        self,
        job: str,
        *,
        priority: int | None = None,
        job_class: str | None = None,
        max_duration: str | float | None = None,
        after: Sequence[str] | None = None,
    ) -> JobView:
        """Changes what the job asks for; None leaves it as it is. All but the priority only while it waits."""
        body = SetBody(priority, job_class, max_duration, None if after is None else list(after))
        return self._http.post(JobView, f"{_job(job)}/set", body, again=True)

    def calendar(self) -> CalendarView:
        """Who holds what until when: reservations, and running jobs by node."""
        return self._http.get(CalendarView, _RESERVATIONS)

    def reserve(self, body: ReserveBody) -> BookingView:
        """Sets nodes aside."""
        return self._http.post(BookingView, _RESERVATIONS, body)

    def cancel_reservation(self, reservation: str) -> None:
        self._http.request("DELETE", f"{_RESERVATIONS}/{escape(reservation)}")

    def teams(self) -> list[TeamView]:
        """Every team, with what the policy gives it and what it holds."""
        return self._http.get(TeamPage, "/api/v1/teams").items

    def usage(
        self, by: str = "team", *, since: float | None = None, until: float | None = None, team: str | None = None
    ) -> UsageView:
        """Who used what from `since` until `until`, in unix seconds; the last 30 days by default. by: user, team, gpu
        or job."""
        asked = {"by": by, "since": since, "until": until, "team": team}
        query = {name: value for name, value in asked.items() if value is not None}
        return self._http.get(UsageView, "/api/v1/usage", query)

    def policy(self) -> PolicyView:
        """Every setting, with its default and its meaning."""
        return self._http.get(PolicyView, _POLICY)

    def set_policy(
        self,
        settings: Mapping[str, Any],
        *,
        reset: Sequence[str] = (),
        dry_run: bool = False,
        force: bool = False,
    ) -> PolicyView:
        """Changes these settings, by their names, and puts `reset` back to their defaults: all of it or nothing.
        force: also where somebody holds more than a quota leaves him."""
        body = PolicyPatch(dict(settings), list(reset), dry_run, force)
        return self._send("PATCH", body)

    def replace_policy(self, settings: Mapping[str, Any], *, dry_run: bool = False, force: bool = False) -> PolicyView:
        """As `set_policy`, but all other settings go back to their defaults."""
        body = PolicyBody(dict(settings), dry_run, force)
        return self._send("PUT", body)

    def _send(self, method: str, body: PolicyPatch | PolicyBody) -> PolicyView:
        headers = {"Content-Type": "application/json"}
        data = self._http.request(method, _POLICY, body=msgspec.json.encode(body), headers=headers, again=True)
        return self._http.decode(PolicyView, _POLICY, data)


def _job(job: str) -> str:
    return f"/api/v1/jobs/{escape(job)}"
