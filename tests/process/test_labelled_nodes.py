"""Labels, shapes and jobs that keep apart, on real agents."""

from __future__ import annotations

from pathlib import Path

from process.fleet import Fleet, wait_for
from tensorfleet.client import Client
from tensorfleet.wire.jobfile import JobFile, ResourcesFile
from tensorfleet.wire.rest import JobView


def submit(client: Client, *run: str, **resources: object) -> JobView:
    return client.submit(JobFile(run=list(run), resources=ResourcesFile(**resources)))  # type: ignore[arg-type]


def test_jobs_go_where_labels_shapes_and_other_jobs_let_them(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "2", "--no-warm", "--label", "rack=a", "--label", "switch=s1")
        fleet.agent("b", "--slots", "2", "--no-warm", "--label", "rack=b")
        client = fleet.client
        assert client.worker("a").labels == {"rack": "a", "switch": "s1"}

        there = submit(client, "true", slots=1, labels={"rack": "b"})
        assert [share.node for share in fleet.finished(there.id).shares] == ["b"]

        shape = submit(client, "sh", "-c", "echo $RANK of $WORLD_SIZE, $LOCAL_WORLD_SIZE here", shape="slots:1,2")
        assert [share.ranks for share in fleet.finished(shape.id).shares] == [1, 2]
        assert sorted(fleet.lines(shape.id)) == ["0 of 3, 1 here", "1 of 3, 2 here", "2 of 3, 2 here"]

        one, two, third = (submit(client, "sleep", "600", slots=1, apart="pair") for _ in range(3))
        assert {fleet.running(job.id).shares[0].node for job in (one, two)} == {"a", "b"}
        assert client.why(third.id).code == "NO_CAPACITY"
        client.stop(one.id)
        fleet.running(third.id)
        for job in (two, third):
            client.stop(job.id)
            fleet.finished(job.id)

        # A job that waits for a label starts once somebody puts it there; a new session of the agent leaves it there.
        client.drain("b")
        waiting = submit(client, "true", slots=1, labels={"rack": "b"})
        assert client.job(waiting.id).state == "queued"
        assert "rack=b" in client.why(waiting.id).text
        assert client.label("a", {"rack": "b", "switch": None}).labels == {"rack": "b"}
        assert [share.node for share in fleet.finished(waiting.id).shares] == ["a"]
        fleet.end("a")
        wait_for(lambda: fleet.state_of("a") != "online", "a is away")
        fleet.agent("a")
        assert client.worker("a").labels == {"rack": "b"}
        fleet.end("head")
        fleet.start_head()
        assert fleet.client.worker("a").labels == {"rack": "b"}
        kinds = [event.kind for event in fleet.client.events()]
        assert kinds.count("node.labels") == 3
