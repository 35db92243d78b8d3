"""`after:` - jobs that wait until others have succeeded, and end without having run when one of those did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tensorfleet.core.attempts import Outcome, finish, stopped_cause
from tensorfleet.core.job import CauseCode, Job, JobSpec, JobState
from tensorfleet.core.lifecycle import Move
from tensorfleet.errors import Conflict


def unmet(spec: JobSpec, met: frozenset[str], lives: Callable[[str], bool]) -> tuple[str, ...]:
    """The jobs that `spec` has to wait for. met: those known to have succeeded. Raises Conflict for one that is over
    and did not."""
    for dependency in spec.after:
        if dependency not in met and not lives(dependency):
            raise Conflict(f"after: job {dependency} is over and did not succeed.", "Retry that one first.")
    return tuple(dependency for dependency in spec.after if dependency not in met)


def released(ended: Job, waiting: Iterable[Job], at: float) -> list[Outcome]:
    """What the end of `ended` means for the jobs that wait for it. waiting: these, and no others."""
    outcomes: list[Outcome] = []
    for job in waiting:
        if ended.state is JobState.SUCCEEDED:
            outcomes.append((replace(job, waits_for=tuple(each for each in job.waits_for if each != ended.id)), []))
            continue
        name = f"{ended.spec.name} ({ended.id})"
        job = replace(job, stop_by=name, stop_code=CauseCode.DEPENDENCY)
        outcomes.append(finish(job, Move.STOP, stopped_cause(job), at))
    return outcomes


def circle(job: Job, waits_for: Iterable[str], live: Callable[[str], Job | None]) -> str:
    """The sentence about how `job` would wait for itself if it waited for `waits_for`; empty where it would not."""
    came: dict[str, Job] = {}
    waiting = [(job, each) for each in waits_for]
    while waiting:
        before, name = waiting.pop()
        if name == job.id:
            path = [before]
            while path[0].id != job.id:
                path.insert(0, came[path[0].id])
            return ", which ".join(
                f"{one.spec.name} ({one.id}) waits for {other.spec.name} ({other.id})"
                if one is job
                else f"waits for {other.spec.name} ({other.id})"
                for one, other in zip(path, [*path[1:], job], strict=True)
            )
        found = live(name)
        if found and name not in came:
            came[name] = before
            waiting += [(found, each) for each in found.waits_for]
    return ""
