"""Events as they are sent, encoded once for all who follow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import msgspec

from tensorfleet.errors import NotFound
from tensorfleet.head.http.sse import frame
from tensorfleet.head.roles import Permission, Principal
from tensorfleet.head.shell import Shell
from tensorfleet.store.port import Doc, Store
from tensorfleet.wire.rest import EventView

KEEP: Final = 4_000
"""The newest events stay encoded, about 500 bytes each."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An event, its SSE message, and the team it concerns (None: of no team)."""

    view: EventView
    team: str | None
    frame: bytes

    def visible_to(self, who: Principal) -> bool:
        """Events of jobs are their team's; what happens to nodes everybody may know; the rest is for administrators."""
        if self.team is not None:
            return who.reaches(self.team)
        return self.view.kind.startswith("node.") or who.may(Permission.ADMINISTER)


class EventFeed:
    def __init__(self, store: Store, shell: Shell) -> None:
        self._store = store
        self._shell = shell
        self._first = store.last_event() + 1
        self._newest: list[Shown] = []
        self._reading = asyncio.Lock()

    async def after(self, after: int, limit: int, job: str | None = None) -> list[Shown]:
        """At most `limit` events with numbers above `after`, oldest first, whoever may see them."""
        if job is not None or after + 1 < self._first:
            docs = await self._store.events(after=after, limit=limit, job=job)
            return [self._show(doc) for doc in docs]
        await self._catch_up()
        start = after + 1 - self._first
        return self._newest[start : start + limit] if start >= 0 else await self.after(after, limit)

    async def _catch_up(self) -> None:
        if self._first + len(self._newest) > self._store.last_event():
            return
        async with self._reading:
            while (next_id := self._first + len(self._newest)) <= self._store.last_event():
                docs = await self._store.events(after=next_id - 1, limit=1000)
                self._newest += [self._show(doc) for doc in docs]
            over = len(self._newest) - KEEP
            if over > KEEP:
                del self._newest[:over]
                self._first += over

    def _show(self, doc: Doc) -> Shown:
        view = msgspec.convert(doc, EventView)
        return Shown(view, self._team(view.job), frame("event", msgspec.json.encode(view), view.id))

    def _team(self, job: str) -> str | None:
        if not job:
            return None
        try:
            return self._shell.job(job)[0].team
        except NotFound:
            return None
