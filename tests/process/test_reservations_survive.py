"""What is set aside stays so over a killed head, and ends at its hour whether or not a head was there then."""

from __future__ import annotations

import signal
import time

from process.fleet import Fleet, wait_for
from process.stepping import client_of
from tensorfleet.wire.booking import ReserveBody
from tensorfleet.wire.jobfile import JobFile, ResourcesFile

FOUR = ResourcesFile(slots=4, nodes=1)


def placed(fleet: Fleet, job: str) -> list[str]:
    return [share.node for share in fleet.client.job(job).shares]


def test_a_killed_head_keeps_what_was_set_aside(fleet: Fleet) -> None:
    queue = fleet.client.queue
    long = queue.reserve(ReserveBody(["a"], seconds=3600, team="nlp", reason="course"))
    short = queue.reserve(ReserveBody(["b"], end=time.time() + 6, maintenance=True))
    cancelled = queue.reserve(ReserveBody(["b"], start=time.time() + 600, seconds=60, maintenance=True))
    queue.cancel_reservation(cancelled.id)
    outside = fleet.client.submit(JobFile(run=["true"], resources=FOUR)).id
    assert fleet.client.why(outside).code == "RESERVED"

    fleet.end("head", signal.SIGKILL)
    fleet.start_head()
    assert fleet.client.queue.calendar().reservations == [long, short]
    inside = client_of(fleet, "nick", "nlp").submit(JobFile(run=["true"], resources=FOUR)).id
    assert fleet.finished(inside).state == "succeeded"
    assert placed(fleet, inside) == ["a"]
    done = fleet.finished(outside)
    assert done.state == "succeeded"
    assert placed(fleet, outside) == ["b"]
    assert done.started is not None
    assert done.started >= short.end
    wait_for(lambda: fleet.client.queue.calendar().reservations == [long], "the short one is over")
    fleet.client.queue.cancel_reservation(long.id)


def test_what_ended_while_no_head_was_there_is_over(fleet: Fleet) -> None:
    both = fleet.client.queue.reserve(ReserveBody(["a", "b"], end=time.time() + 1.5, team="nlp"))
    waiting = fleet.client.submit(JobFile(run=["true"], resources=FOUR)).id
    assert fleet.client.why(waiting).code == "RESERVED"
    fleet.end("head", signal.SIGKILL)
    wait_for(lambda: time.time() > both.end, "it is over")
    fleet.start_head()
    assert fleet.finished(waiting).state == "succeeded"
    wait_for(lambda: not fleet.client.queue.calendar().reservations, "it is forgotten")
