"""Classes, holds and preemptibility: from the job file to the queue, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorfleet.core.checkpoint import Checkpoint, Part
from tensorfleet.core.job import Hold, Job
from tensorfleet.core.preemptible import preemptible
from tensorfleet.core.queue import line_up
from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.policy import JobClass
from tensorfleet.core.wait import WaitCode
from tensorfleet.errors import InvalidRequest
from tensorfleet.head.records import from_doc, to_doc
from tensorfleet.wire.jobfile import read_job_file
from tensorfleet.wire.jobspec import from_spec, to_spec
from tensorfleet.wire.rest import job_view
from unit.fleets import World, spec


def job(name: str = "j1", **more: object) -> Job:
    return Job(name, spec(Request(), name=name, **more), "ada", "vision", 1.0, order=name)


def test_a_job_file_says_class_hold_and_preemptible() -> None:
    asked = to_spec(read_job_file(b"run: x\nclass: batch\nhold: true\npreemptible: false\n"))
    assert (asked.job_class, asked.hold, asked.preemptible) == (JobClass.BATCH, True, False)
    again = to_spec(from_spec(asked))
    assert (again.job_class, again.hold, again.preemptible) == (JobClass.BATCH, False, False)
    plain = to_spec(read_job_file(b"run: x\n"))
    assert (plain.job_class, plain.hold, plain.preemptible) == (JobClass.NORMAL, False, None)


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("class: urgnet", "class: 'urgnet' is no class.", "Did you mean `urgent`?"),
        ("class: 7", "class: expected text", ""),
        ("job_class: batch", "There is no field `job_class`.", "Did you mean `class`?"),
        ("class: scavenger\npreemptible: false", "a scavenger always makes room", "class batch"),
        ("hold: maybe", "hold: expected true or false", ""),
    ],
)
def test_what_is_wrong_is_named(text: str, words: str, hint: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as refusal:
        to_spec(read_job_file(f"run: x\n{text}\n".encode()))
    assert hint in refusal.value.hint


WHOLE = Checkpoint(1, serial=1, step=10, at=1.0, wanted=1, parts=(Part(0, "a" * 64, 1),))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (job(), True),
        (job(max_duration=60.0), False),
        (replace(job(max_duration=60.0), checkpoints=(WHOLE,)), True),
        (replace(job(max_duration=60.0), checkpoints=(replace(WHOLE, wanted=2),)), False),
        (job(preemptible=False), False),
        (replace(job(preemptible=False), checkpoints=(WHOLE,)), False),
        (job(max_duration=60.0, preemptible=True), True),
        (job(max_duration=60.0, job_class=JobClass.SCAVENGER), True),
        (job(preemptible=False, job_class=JobClass.SCAVENGER), True),
    ],
)
def test_whether_others_may_take_its_place(asked: Job, expected: bool) -> None:
    assert preemptible(asked) is expected
    assert job_view(asked, 1).preemptible is expected


def test_a_higher_class_goes_before_a_higher_priority_and_a_moved_job_where_it_was_moved() -> None:
    urgent, batch = job("z", job_class=JobClass.URGENT, priority=0), job("a", job_class=JobClass.BATCH, priority=100)
    late, moved = job("c"), replace(job("d"), submitted=9.0, moved=0.5)
    assert [each.id for each in line_up([batch, late, moved, urgent])] == ["z", "d", "c", "a"]


def test_a_job_submitted_on_hold_waits_and_says_who_holds_it() -> None:
    world = World()
    world.add_node("n1")
    world.submit("j1", Request(), hold=True)
    wait = world.why("j1")
    assert wait.code is WaitCode.HELD
    assert wait.text == "ada holds it, since 1970-01-01 00:16 UTC."
    assert world.jobs["j1"].held == Hold("ada", world.now.wall)
    world.submit("j2", Request())
    assert world.jobs["j2"].attempts


def test_documents_from_before_load_and_new_ones_come_back() -> None:
    doc = to_doc(job())
    for name in ("job_class", "hold", "preemptible"):
        del doc["spec"][name]
    for name in ("held", "moved"):
        del doc[name]
    assert from_doc(doc, Job) == job()
    new = replace(job(job_class=JobClass.BATCH, hold=True, preemptible=True), held=Hold("ada", 2.0), moved=0.5)
    assert from_doc(to_doc(new), Job) == new
