"""On a full fleet, an urgent job starts within seconds; whoever made room goes on later where it was."""

from __future__ import annotations

import time

from process.fleet import Fleet, wait_for
from process.stepping import assert_continued, events, stepping, went

STEPS = 15


def test_an_urgent_job_starts_at_once_on_a_full_fleet_and_costs_at_most_a_step(fleet: Fleet) -> None:
    others = [fleet.submit(*stepping(STEPS), slots=4, name=f"long-{number}") for number in range(2)]
    for each in others:
        wait_for(lambda job=each.id: len(fleet.lines(job)) > 3, f"{each.name} works")
    asked = time.monotonic()
    urgent = fleet.submit("sleep", "1", slots=1, name="paper", job_class="urgent")
    fleet.running(urgent.id, 10)
    print(f"the urgent job ran {time.monotonic() - asked:.2f} s after its submit")
    assert fleet.finished(urgent.id).state == "succeeded"
    (left,) = [each for each in others if events(fleet, each.id, "job.preempted")]
    (text,) = events(fleet, left.id, "job.preempted")
    assert text == f"{left.name} makes room for paper ({urgent.id}), urgent, of {urgent.owner}."
    for each in others:
        done = fleet.finished(each.id, 60)
        assert (done.state, done.attempt) == ("succeeded", 2 if each is left else 1)
        assert_continued(went(fleet, each.id), STEPS)
