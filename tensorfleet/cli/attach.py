"""Staying with a job: what it waits for, then its lines, then how it ended."""

from __future__ import annotations

import threading

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

TOLD = ("job.starting", "job.recovering", "job.requeued", "job.stopping")


class Waiting(threading.Thread):
    """Tells what a job waits for and what befalls it, each thing once, beside its lines."""

    def __init__(self, session: Session, job: JobView) -> None:
        super().__init__(name="waiting", daemon=True)
        self._session = session
        self._job = job.id
        self._over = threading.Event()

    def run(self) -> None:
        try:
            if self._over.wait(QUIET_START):
                return
            after = 0
            while self._queued():
                for event in self._session.client.follow_events(self._job, after=after):
                    if self._over.is_set() or event.data.get("state") in TERMINAL:
                        return
                    if event.kind in TOLD:
                        self._session.note(event.text)
                    if event.kind == "job.requeued":
                        after = event.id
                        break
        except TensorFleetError:
            return  # whoever reads the lines meets the same failure, and tells it

    def _queued(self) -> bool:
        """Tells why the job waits until it does no longer; False when it need not be watched any more."""
        told = ""
        while True:
            view = self._session.client.job(self._job)
            if view.state in TERMINAL or self._over.is_set():
                return False
            if view.state is not JobState.QUEUED:
                return True
            why = self._session.client.why(self._job)
            place = f"number {why.position} in the queue" if why.position else "queued"
            text = f"{place}: {why.text}"
            if text != told and why.state is JobState.QUEUED:
                told = text
                self._session.note(text)
            self._over.wait(LOOK_AGAIN)

    def end(self) -> None:
        self._over.set()


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
