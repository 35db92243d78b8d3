"""Jobs that take the head down are set aside, so that it starts with all the others.

A head that ends as it was asked to, all its decisions having gone well, leaves no mark. After any other end the next
start is a careful one: it notes which job is in its hands before it reads each, and rehearses its first pass: with all
jobs at once, and only if that fails with each alone. A job with which that fails, or in whose reading or rehearsal the
process died twice in a row, is set aside until somebody takes its entry out of `quarantine.json`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from tensorfleet.core.job import Job
from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)

FILE = "quarantine.json"
MARK = "running"
DEATHS = 2
"""How often a head has to have died over a job."""

EVERYONE = "*"

Rehearse = Callable[[Sequence[Job]], None]


class Entry(msgspec.Struct, frozen=True):
    """Why a job was set aside, and when (unix seconds)."""

    why: str
    at: float


class _Hand(msgspec.Struct, frozen=True):
    """What a head has in hand. deaths: how many heads in a row died over it, should this one, too."""

    job: str = ""
    deaths: int = 0


class Quarantine:
    """None: every job is taken as it is."""

    def admits(self, job: str) -> bool:
        """Whether the job is to be read; what comes next is about it."""
        return True

    def why(self, job: str) -> str:
        """Why it is not."""
        return ""

    def sound(self, jobs: Sequence[Job], rehearse: Rehearse) -> list[Job]:
        """Those of `jobs` with which `rehearse`, the head's first pass, goes well. From now on nothing is in hand."""
        return list(jobs)

    def doubt(self) -> None:
        """A decision failed: the next start is to be a careful one, however this head ends."""


class DiskQuarantine(Quarantine):
    """Kept in `folder`, which has to be this head's alone. clock: unix seconds."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._file, self._mark = folder / FILE, folder / MARK
        self._clock = clock
        self._doubted = False
        self._entries = entries(folder)
        self._before = _read(self._mark)
        self._noted = os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._note(_Hand())

    @property
    def careful(self) -> bool:
        """Whether the head before came to a bad end."""
        return self._before is not None

    def admits(self, job: str) -> bool:
        if job not in self._entries and self._before is not None:
            self._take(job, self._before)
        return job not in self._entries

    def why(self, job: str) -> str:
        return self._entries[job].why

    def sound(self, jobs: Sequence[Job], rehearse: Rehearse) -> list[Job]:
        sound = list(jobs) if self._before is None else self._sound(jobs, self._before, rehearse)
        self._note(_Hand())
        return sound

    def doubt(self) -> None:
        self._doubted = True

    def leave(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """The head ends; a good end is one it was asked for. As an exit callback."""
        if not self._doubted and (kind is None or kind is asyncio.CancelledError):
            self._mark.unlink(missing_ok=True)
        os.close(self._noted)
        return False

    def _sound(self, jobs: Sequence[Job], before: _Hand, rehearse: Rehearse) -> list[Job]:
        if not before.deaths:
            self._note(_Hand(EVERYONE, 1))
            if not _fault(rehearse, jobs):
                return list(jobs)
        return [job for job in jobs if self._is_sound(job, before, rehearse)]

    def _is_sound(self, job: Job, before: _Hand, rehearse: Rehearse) -> bool:
        self._take(job.id, before)
        if job.id not in self._entries and (fault := _fault(rehearse, [job])):
            self._set_aside(job.id, f"planning it fails: {fault}")
        return job.id not in self._entries

    def _take(self, job: str, before: _Hand) -> None:
        deaths = before.deaths if job == before.job else 0
        if deaths >= DEATHS:
            self._set_aside(job, f"the head died {deaths} times in a row while it considered it")
        else:
            self._note(_Hand(job, deaths + 1))

    def _set_aside(self, job: str, why: str) -> None:
        self._entries[job] = Entry(f"{why}. To try it again, take it out of {self._file} and restart.", self._clock())
        new = self._file.with_suffix(".new")
        new.write_bytes(msgspec.json.format(msgspec.json.encode(self._entries)))
        new.rename(self._file)

    def _note(self, hand: _Hand) -> None:
        """For the next head. The kernel keeps it when this process dies, which is all that is needed."""
        os.pwrite(self._noted, msgspec.json.encode(hand).ljust(256), 0)


def entries(folder: Path) -> dict[str, Entry]:
    """The jobs that are set aside in a head's data directory. One that cannot be read holds none."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, Entry])
    except (OSError, msgspec.MsgspecError):
        return {}


def _read(mark: Path) -> _Hand | None:
    try:
        return msgspec.json.decode(mark.read_bytes(), type=_Hand)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        return _Hand()


def _fault(rehearse: Rehearse, jobs: Sequence[Job]) -> str:
    try:
        rehearse(jobs)
    except Exception as error:
        # Whatever it is, it would have ended the head.
        log.exception("a rehearsal failed", extra=fields(jobs=len(jobs)))
        return f"{type(error).__name__}: {error}"[:300]
    return ""
