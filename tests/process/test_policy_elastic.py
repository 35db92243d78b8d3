"""An elastic job gives a node to somebody who waits, and takes it again when that one is through."""

from __future__ import annotations

from process.fleet import Fleet, wait_for
from process.stepping import assert_continued, events, stepping, went
from tensorfleet.wire.jobfile import ElasticFile


def test_it_shrinks_for_a_waiting_job_and_grows_back(fleet: Fleet) -> None:
    fleet.client.queue.set_policy({"resize_every": "1s"})
    elastic = fleet.submit(*stepping(40), nodes=2, slots=4, name="wide", elastic=ElasticFile(1, 2))
    wait_for(lambda: len(fleet.lines(elastic.id, 0)) > 4, "it works")
    assert len(fleet.client.job(elastic.id).shares) == 2
    rigid = fleet.submit("sleep", "1", slots=4, name="rigid")
    fleet.running(rigid.id, 15)
    wait_for(lambda: fleet.client.job(elastic.id).state == "running", "it goes on")
    assert len(fleet.client.job(elastic.id).shares) == 1
    assert fleet.finished(rigid.id).state == "succeeded"
    wait_for(lambda: len(fleet.client.job(elastic.id).shares) == 2, "it grows back", 15)
    done = fleet.finished(elastic.id, 60)
    assert (done.state, done.attempt) == ("succeeded", 3)
    assert events(fleet, elastic.id, "job.resized") == [
        "wide shrinks from 8 ranks to 4.",
        "wide grows from 4 ranks to 8.",
    ]
    assert_continued(went(fleet, elastic.id), 40)
