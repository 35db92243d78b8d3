"""What people do to jobs that wait: hold them, let them go, move them, and change what they asked for.

Nothing is changed by halves: whatever is refused is refused before anything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tensorfleet.core.actions import Action, SaveJob
from tensorfleet.core.attempts import Outcome, say
from tensorfleet.core.dependencies import circle, unmet
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Arrange, HoldJob, MoveJob, Place, ReleaseJob, SetJob
from tensorfleet.core.job import Hold, Job, JobState
from tensorfleet.core.queue import line_up
from tensorfleet.core.scheduling.policy import JobClass
from tensorfleet.errors import Conflict, NotFound

STEP = 1e-6
"""Seconds between two jobs that had no room for a third between them."""


def arrange(fleet: Fleet, job: Job, what: Arrange, at: float) -> list[Action]:
    """Does `what` to the live `job`, and to those that it pushes aside. Raises Conflict and NotFound."""
    outcomes = _outcomes(fleet, job, what, at)
    for changed, _ in outcomes:
        fleet.jobs.put(changed.id, changed)
        fleet.note_waits(changed)
    return [action for changed, said in outcomes for action in (SaveJob(changed), *said)]


def _outcomes(fleet: Fleet, job: Job, what: Arrange, at: float) -> list[Outcome]:
    match what:
        case HoldJob():
            return _hold(job, what, at)
        case ReleaseJob():
            return _release(job, what, at)
        case MoveJob():
            return _move(fleet, job, what, at)
        case SetJob():
            return _set(fleet, job, what, at)


def _hold(job: Job, what: HoldJob, at: float) -> list[Outcome]:
    if job.held:
        return []
    _check_waits(job, "held", f"`tensorfleet pause {job.id}` takes it off its nodes.")
    said = say(job, "job.held", f"{job.spec.name} is held.", at, what.by)
    return [(replace(job, held=Hold(what.by, at)), [said])]


def _release(job: Job, what: ReleaseJob, at: float) -> list[Outcome]:
    if not job.held:
        return []
    said = say(job, "job.released", f"{job.spec.name} may start.", at, what.by)
    return [(replace(job, held=None), [said])]


def _set(fleet: Fleet, job: Job, what: SetJob, at: float) -> list[Outcome]:
    old = job.spec
    if (what.job_class, what.max_duration, what.after) != (None, None, None) and job.state is not JobState.QUEUED:
        raise Conflict(f"{_name(job)} is {job.state.value}; only its priority can be changed.")
    if what.job_class is JobClass.SCAVENGER and old.preemptible is False:
        raise Conflict(f"{_name(job)} is not preemptible, but a scavenger always is.", "Choose the class batch.")
    new = replace(
        old,
        priority=old.priority if what.priority is None else what.priority,
        job_class=what.job_class or old.job_class,
        max_duration=old.max_duration if what.max_duration is None else what.max_duration,
        after=old.after if what.after is None else what.after,
    )
    waits_for = job.waits_for if what.after is None else unmet(new, what.met, fleet.jobs.__contains__)
    if found := circle(job, waits_for, fleet.jobs.get):
        raise Conflict(f"after: {found}.", "Leave one of them out.")
    told = {
        name: f"{_shown(was)} -> {_shown(now)}"
        for name, was, now in (
            ("class", old.job_class.value, new.job_class.value),
            ("priority", old.priority, new.priority),
            ("max_duration", old.max_duration, new.max_duration),
            ("after", " ".join(old.after), " ".join(new.after)),
        )
        if was != now
    }
    if not told:
        return []
    text = ", ".join(f"{name} {change}" for name, change in told.items())
    said = say(job, "job.changed", f"{job.spec.name} was changed: {text}.", at, what.by)
    return [(replace(job, spec=new, waits_for=waits_for), [said])]


def _move(fleet: Fleet, job: Job, what: MoveJob, at: float) -> list[Outcome]:
    """Within the line of its class and priority, which alone says who is first in it by place."""
    _check_waits(job, "moved")
    like = [each for each in fleet.waiting() if _rung(each) == _rung(job) and each.id != job.id]
    line = line_up(like)
    own = [index for index, each in enumerate(line) if each.team == job.team]
    if what.to is Place.BEFORE:
        index = line.index(_target(fleet, job, what.other))
        text = f"{job.spec.name} goes before {line[index].spec.name} ({line[index].id})."
    elif not own:
        return []
    else:
        index = own[0] if what.to is Place.FIRST else own[-1] + 1
        text = f"{job.spec.name} goes {what.to.value} of {job.team or 'its team'}."
    if line_up([*line, job]).index(job) == index:
        return []
    moved, *pushed = _insert(line, index, job)
    said = say(moved, "job.moved", text, at, what.by)
    return [(moved, [said]), *((each, []) for each in pushed)]


def _target(fleet: Fleet, job: Job, other: str) -> Job:
    """The job before which it is to go."""
    found = fleet.jobs.get(other)
    if found is None:
        raise NotFound(f"There is no live job {other}.", "`tensorfleet queue` lists those that wait.")
    if found.id == job.id:
        raise Conflict(f"{_name(job)} cannot go before itself.")
    _check_waits(found, "overtaken")
    if _rung(found) != _rung(job):
        raise Conflict(
            f"{_name(job)} has the class {job.spec.job_class.value} and priority {job.spec.priority}, but "
            f"{_name(found)} has {found.spec.job_class.value} and {found.spec.priority}: these go before places.",
            f"`tensorfleet queue set {job.id} --priority {found.spec.priority}` makes them alike.",
        )
    return found


def _insert(line: Sequence[Job], index: int, job: Job) -> list[Job]:
    """`job` with a turn before `line[index]`, and those behind it that had to be pushed back for that."""
    below = line[index - 1].turn if index else None
    above = line[index].turn if index < len(line) else None
    if below is None or above is None:
        turn = (above or 0.0) - STEP if below is None else below + STEP
        return [replace(job, moved=turn)]
    turn = (below + above) / 2
    if below < turn < above:
        return [replace(job, moved=turn)]
    changed = [replace(job, moved=(last := below + STEP))]
    for each in line[index:]:
        if each.turn > last:
            break
        changed.append(replace(each, moved=(last := last + STEP)))
    return changed


def _rung(job: Job) -> tuple[JobClass, int]:
    return job.spec.job_class, job.spec.priority


def _check_waits(job: Job, what: str, hint: str = "") -> None:
    if job.state is not JobState.QUEUED:
        raise Conflict(f"{_name(job)} is {job.state.value}; only a job that waits can be {what}.", hint)


def _name(job: Job) -> str:
    return f"{job.spec.name} ({job.id})"


def _shown(value: float | str) -> str:
    return (f"{value:g}" if isinstance(value, float) else str(value)) or "none"
