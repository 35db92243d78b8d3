"""Ending several jobs: each is tried, the first failure is told at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorfleet.cli.session import Session
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.rest import JobView


def end_all(session: Session, jobs: Sequence[str], end: Callable[[str], JobView], wait: bool) -> None:
    """Raises the first error when all were tried."""
    failures: list[TensorFleetError] = []
    views: list[JobView] = []
    for job in jobs:
        try:
            views.append(end(job))
        except TensorFleetError as error:
            failures.append(error)
    for asked in views:
        view = session.client.wait(asked) if wait else asked
        if session.json:
            session.record(view)
        else:
            session.say(f"{view.id}  {view.name}  {view.state.value}")
    if failures:
        raise failures[0]
