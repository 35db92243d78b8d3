"""A head that is killed while jobs run, wait and make room goes on where it was: nothing is lost, nothing doubled."""

from __future__ import annotations

import signal

from process.fleet import Fleet, wait_for
from process.stepping import assert_continued, client_of, events, stepping, went
from tensorfleet.wire.jobfile import JobFile, ResourcesFile

STEPS = 30


def shares(fleet: Fleet, jobs: list[str]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """State, attempt, and what is held where."""
    found = [fleet.client.job(each) for each in jobs]
    return [(each.state, each.attempt, [(share.node, share.ranks) for share in each.shares]) for each in found]


def waiting(fleet: Fleet) -> list[str]:
    return [each.job for each in fleet.client.queue.page().items]


def test_order_and_holdings_survive_a_killed_head(fleet: Fleet) -> None:
    others = [fleet.submit(*stepping(STEPS), slots=4, name=f"long-{number}").id for number in range(2)]
    for each in others:
        wait_for(lambda job=each: len(fleet.lines(job, 0)) > 3, "it works")
    urgent = fleet.submit(*stepping(STEPS), slots=4, name="paper", job_class="urgent").id
    fleet.running(urgent)
    (left,) = [each for each in others if events(fleet, each, "job.preempted")]
    (kept,) = [each for each in others if each != left]
    later = [fleet.submit("true", slots=4, name=f"later-{number}").id for number in range(3)]
    fleet.client.queue.move(later[2], "first")
    line = waiting(fleet)
    assert set(line) == {left, *later}
    assert line.index(later[2]) < line.index(later[0])
    before = shares(fleet, [urgent, kept])
    assert [state for state, _, _ in before] == ["running", "running"]

    fleet.end("head", signal.SIGKILL)
    fleet.start_head()
    assert waiting(fleet) == line
    assert shares(fleet, [urgent, kept]) == before
    wait_for(lambda: all(fleet.state_of(node) == "online" for node in "ab"), "both nodes are back")
    assert waiting(fleet) == line, "nobody starts where others still run"

    for each in (urgent, kept, left, *later):
        done = fleet.finished(each, 60)
        assert (done.state, done.attempt) == ("succeeded", 2 if each == left else 1)
        assert len(events(fleet, each, "job.starting")) == done.attempt
    for each in (urgent, kept, left):
        assert_continued(went(fleet, each), STEPS)
    assert len(events(fleet, left, "job.preempted")) == 1


def test_a_team_that_had_more_goes_behind_after_a_restart_too(fleet: Fleet) -> None:
    vision, nlp = client_of(fleet, "vera", "vision"), client_of(fleet, "nick", "nlp")
    had = vision.submit(JobFile(run=["sleep", "1"], resources=ResourcesFile(slots=4)))
    fleet.finished(had.id)
    for node in "ab":
        fleet.client.drain(node)
    line = [client.submit(JobFile(run=["true"], resources=ResourcesFile(slots=1))).id for client in (vision, nlp)][::-1]
    assert waiting(fleet) == line
    assert fleet.end("head") == 0
    fleet.start_head()
    assert waiting(fleet) == line
    for node in "ab":
        fleet.client.resume(node)
    assert [fleet.finished(each).state for each in line] == ["succeeded", "succeeded"]
