"""Which checkpoints count: the current attempt's, whole, and only so many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorfleet.core import checkpoints
from tensorfleet.core.actions import Action, AnswerCheckpoint, Emit
from tensorfleet.core.checkpoint import Best, Checkpoint, CheckpointPolicy, Part
from tensorfleet.core.draft import Draft
from tensorfleet.core.inputs import CheckpointDamaged, CheckpointDone
from tensorfleet.core.job import Attempt, Job, JobSpec, Share, TaskPhase

DIGEST = "a" * 64


def job(attempt: int = 1, nodes: int = 1, **policy: object) -> Job:
    shares = tuple(Share(f"n{rank}", f"node-{rank}", rank, rank, 1) for rank in range(nodes))
    spec = JobSpec("train", ("true",), checkpoint=CheckpointPolicy(**policy))  # type: ignore[arg-type]
    attempts = tuple(Attempt(number, shares, 0.0) for number in range(1, attempt + 1))
    return Job("j1", spec, "ann", "vision", 0.0, attempts=attempts)


def done(serial: int, attempt: int = 1, rank: int = 0, wanted: int = 1, **metrics: float) -> CheckpointDone:
    digest = f"{attempt}{serial}{rank}".ljust(64, "0")
    return CheckpointDone(
        f"n{rank}", f"j1.{attempt}.{rank}", serial, serial * 10, wanted, digest, 5, metrics, "", 100.0 + serial
    )


class Head:
    """The brain's table of jobs with one job in it."""

    def __init__(self, job: Job) -> None:
        self.jobs = Draft({job.id: job})

    @property
    def job(self) -> Job:
        found = self.jobs.get("j1")
        assert found is not None
        return found

    def tell(self, what: CheckpointDone | CheckpointDamaged) -> list[Action]:
        changed, actions = checkpoints.handle(self.jobs, what, 200.0)
        if changed:
            self.jobs.put(changed.id, changed)
        return actions

    def keys(self) -> list[tuple[int, int]]:
        return [checkpoint.key for checkpoint in self.job.checkpoints]


def answer(actions: list[Action]) -> AnswerCheckpoint:
    (found,) = [action for action in actions if isinstance(action, AnswerCheckpoint)]
    return found


def events(actions: list[Action]) -> list[str]:
    return [action.event.kind for action in actions if isinstance(action, Emit)]


def test_the_current_attempts_counts_and_is_what_the_next_goes_on_from() -> None:
    head = Head(job())
    actions = head.tell(done(1, loss=0.5))
    assert answer(actions) == AnswerCheckpoint("n0", "j1.1.0", 1, True, ((1, 1),))
    assert events(actions) == ["checkpoint.saved"]
    (newest,) = checkpoints.newest(head.job)
    assert (newest.step, newest.size, newest.metrics) == (10, 5, {"loss": 0.5})


@pytest.mark.parametrize(
    "what",
    [done(1, attempt=1), done(1, attempt=3), replace(done(1, attempt=2), node="stranger"), done(1, attempt=2, rank=1)],
)
def test_any_other_attempts_or_nodes_is_refused_and_told(what: CheckpointDone) -> None:
    head = Head(job(attempt=2))
    actions = head.tell(what)
    assert not answer(actions).accepted
    assert events(actions) == ["checkpoint.refused"]
    assert head.job.checkpoints == ()


def test_one_of_a_job_that_is_over_is_refused() -> None:
    changed, actions = checkpoints.handle(Draft({}), done(1), 0.0)
    assert changed is None
    assert not answer(actions).accepted


def test_an_attempt_that_ended_may_still_bring_its_last_until_the_next_is_placed() -> None:
    ended = job()
    shares = tuple(replace(share, phase=TaskPhase.ENDED) for share in ended.attempts[-1].shares)
    head = Head(replace(ended, attempts=(replace(ended.attempts[-1], shares=shares, ended=1.0),)))
    assert answer(head.tell(done(1))).accepted


def test_said_twice_it_counts_once() -> None:
    head = Head(job())
    head.tell(done(1))
    before = head.job
    again = head.tell(done(1))
    assert head.job is before
    assert events(again) == []
    assert answer(again).accepted


def test_it_counts_when_every_node_has_brought_its_part() -> None:
    head = Head(job(nodes=2))
    assert events(head.tell(done(1, rank=1, wanted=2))) == []
    assert checkpoints.newest(head.job) == []
    assert events(head.tell(done(1, rank=0, wanted=2))) == ["checkpoint.saved"]
    (newest,) = checkpoints.newest(head.job)
    assert [part.node_rank for part in newest.parts] == [0, 1]


def test_so_many_of_the_newest_stay_and_the_best() -> None:
    head = Head(job(keep=2, metric="loss"))
    for serial, loss in enumerate((0.9, 0.2, 0.7, 0.5, 0.6), 1):
        head.tell(done(serial, loss=loss))
    assert head.keys() == [(1, 2), (1, 4), (1, 5)]


def test_the_best_may_be_the_largest_and_of_equals_it_is_the_newest() -> None:
    policy = CheckpointPolicy(metric="accuracy", best=Best.MAX)
    found = [Checkpoint(1, n, n, 0.0, 1, (Part(0, DIGEST, 1),), {"accuracy": a}) for n, a in enumerate((0.5, 0.9, 0.9))]
    best = checkpoints.best_of(policy, found)
    assert best is not None
    assert best.serial == 2
    assert checkpoints.best_of(CheckpointPolicy(metric="loss"), found) is None


def test_parts_that_never_met_go_when_a_newer_one_is_whole_or_the_attempt_is_over() -> None:
    head = Head(job(nodes=2))
    head.tell(done(1, rank=0, wanted=2))
    for rank in (0, 1):
        head.tell(done(2, rank=rank, wanted=2))
    assert head.keys() == [(1, 2)]
    for serial in range(3, 30):
        head.tell(done(serial, rank=0, wanted=2))
    assert len(head.job.checkpoints) == 1 + checkpoints.PENDING
    later = Head(replace(job(attempt=2, nodes=2), checkpoints=head.job.checkpoints))
    for rank in (0, 1):
        later.tell(done(1, attempt=2, rank=rank, wanted=2))
    assert later.keys() == [(1, 2), (2, 1)]


def test_a_later_attempts_is_newer_whatever_its_step() -> None:
    head = Head(job(keep=2))
    head.tell(done(7))
    later = Head(replace(job(attempt=2, keep=2), checkpoints=head.job.checkpoints))
    later.tell(done(1, attempt=2))
    assert [each.key for each in checkpoints.newest(later.job)] == [(2, 1), (1, 7)]


def test_a_damaged_one_is_none_any_more() -> None:
    head = Head(job())
    head.tell(done(1))
    head.tell(done(2))
    actions = head.tell(CheckpointDamaged("n0", "j1.1.0", 1, 2, "a blob is missing."))
    assert events(actions) == ["checkpoint.damaged"]
    assert [each.key for each in checkpoints.newest(head.job)] == [(1, 1)]


def test_without_an_own_one_it_is_what_the_job_was_to_begin_with() -> None:
    given = Checkpoint(3, 1, 50, 0.0, 1, (Part(0, DIGEST, 1),))
    fresh = job()
    fresh = replace(fresh, spec=replace(fresh.spec, resume=given))
    assert checkpoints.newest(fresh) == [given]
    head = Head(fresh)
    head.tell(done(1))
    assert given not in checkpoints.newest(head.job)
