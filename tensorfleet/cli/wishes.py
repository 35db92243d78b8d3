"""One wish for several jobs: each is tried, the first failure is told at the end. An array stands for its jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from tensorfleet.cli.session import Session
from tensorfleet.core.job import JobState
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.rest import JobView

_ARRAY = re.compile("a[0-9a-z]{9}")


def for_each(
    session: Session,
    references: Sequence[str],
    wish: Callable[[str], JobView],
    until: Collection[JobState] | None = None,
    of: Collection[JobState] | None = None,
) -> None:
    """Says how each job is then, and with `until` not before it is in one of these states. of: the states in which a
    job of an array is meant at all. Raises the first error when all were tried."""
    failures: list[TensorFleetError] = []
    views: list[JobView] = []
    for job in [job for reference in references for job in spread(session, reference, of)]:
        try:
            views.append(wish(job))
        except TensorFleetError as error:
            failures.append(error)
    for asked in views:
        view = session.client.wait(asked, until) if until else asked
        if session.json:
            session.record(view)
        else:
            session.say(f"{view.id}  {view.name}  {view.state.value}")
    if failures:
        raise failures[0]


def spread(session: Session, reference: str, of: Collection[JobState] | None = None) -> list[str]:
    """The jobs that `reference` stands for: all of an array in its order, those in a state `of` where it is given;
    else that one job."""
    found = list(session.client.jobs(array=reference)) if _ARRAY.fullmatch(reference) else []
    if not found:
        return [reference]
    return [job.id for job in reversed(found) if of is None or job.state in of]
