"""Staying with a job: what it waits for, then its lines, then how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tensorfleet.cli.card import card, job_exit_code
from tensorfleet.cli.exits import INTERRUPTED
from tensorfleet.cli.lines import LinePrinter
from tensorfleet.cli.session import Session
from tensorfleet.core.job import TERMINAL, JobState
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.rest import JobView

QUIET_START = 0.4
"""Seconds in which a job may start without a word about its waiting."""

LOOK_AGAIN = 1.0
"""Seconds between looks at the reason why a job waits; it changes with other people's jobs."""

TOLD = ("job.starting", "job.recovering", "job.requeued", "job.pausing", "job.paused", "job.stopping")


class Waiting:
    """Tells what a job waits for and what befalls it, each thing once, beside its lines."""

    def __init__(self, session: Session, job: JobView) -> None:
        self._session = session
        self._job = job.id
        self._queued = threading.Event()
        self._over = threading.Event()

    def start(self) -> None:
        self._queued.set()
        for teller in (self._tell_events, self._tell_reasons):
            threading.Thread(target=self._until_over, args=(teller,), daemon=True).start()

    def end(self) -> None:
        self._over.set()
        self._queued.set()

    def _until_over(self, tell: Callable[[], None]) -> None:
        if self._over.wait(QUIET_START):
            return
        try:
            tell()
        except TensorFleetError:
            return  # whoever reads the lines meets the same failure, and tells it

    def _tell_events(self) -> None:
        for event in self._session.client.follow_events(self._job, after=0):
            if self._over.is_set():
                return
            if event.kind in TOLD:
                self._session.note(event.text)
            if event.data.get("state") in TERMINAL:
                self.end()
            elif event.data.get("state") == JobState.QUEUED:
                self._queued.set()
            else:
                self._queued.clear()

    def _tell_reasons(self) -> None:
        told = ""
        while self._queued.wait() and not self._over.is_set():
            why = self._session.client.why(self._job)
            place = f"number {why.position} in the queue" if why.position else "queued"
            text = f"{place}: {why.text}"
            if text != told and why.state is JobState.QUEUED and self._queued.is_set():
                told = text
                self._session.note(text)
            self._over.wait(LOOK_AGAIN)


def attach(session: Session, job: JobView) -> int:
    """Stays with `job` until it is over; answers its exit code, or INTERRUPTED after Ctrl-C, which leaves it alone."""
    printer = LinePrinter(session, prefix=job.request.ranks > 1)
    waiting = Waiting(session, job)
    waiting.start()
    try:
        for item in session.client.follow_logs(job.id):
            if isinstance(item, JobView):
                printer.end()
                if session.json:
                    session.record(item)
                card(session, item)
                return job_exit_code(item)
            printer.show(item)
    except KeyboardInterrupt:
        printer.end()
        detached(session, job)
        return INTERRUPTED
    finally:
        waiting.end()
    return 1


def wait(session: Session, job: JobView) -> int:
    """Waits for the end without showing lines; answers the job's exit code, or INTERRUPTED after Ctrl-C."""
    try:
        ended = session.client.wait(job)
    except KeyboardInterrupt:
        detached(session, job)
        return INTERRUPTED
    if session.json:
        session.record(ended)
    card(session, ended)
    return job_exit_code(ended)


def detached(session: Session, job: JobView) -> None:
    session.note(f"\nDetached; {job.name} goes on.")
    session.note(f"Look again: tensorfleet logs {job.id} -f    End it: tensorfleet stop {job.id}")
