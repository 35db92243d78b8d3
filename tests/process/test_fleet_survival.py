"""Head and agent die by kill -9; jobs, lines and acknowledged submits do not."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.errors import TensorFleetError

COUNT = "i=0; while [ $i -lt 80 ]; do echo $i; i=$((i+1)); sleep 0.05; done"


def test_a_submit_that_was_acknowledged_survives_kill_9_of_the_head(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        for _ in range(5):
            acknowledged = [fleet.submit("true").id for _ in range(3)]
            fleet.end("head", signal.SIGKILL)
            fleet.start_head()
            assert [fleet.client.job(job).state for job in acknowledged] == ["queued"] * 3
        fleet.agent("a")
        for job in fleet.client.jobs():
            assert fleet.finished(job.id).state == "succeeded"


def test_a_running_job_does_not_notice_the_head_dying(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a")
        job = fleet.submit("sh", "-c", COUNT)
        wait_for(lambda: len(fleet.lines(job.id)) > 5, "it writes")
        fleet.end("head", signal.SIGKILL)
        fleet.start_head()
        done = fleet.finished(job.id)
        assert (done.state, done.attempt) == ("succeeded", 1)
        assert fleet.lines(job.id) == [str(number) for number in range(80)]


def test_a_running_job_does_not_notice_its_agent_dying(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a")
        job = fleet.submit("sh", "-c", COUNT)
        wait_for(lambda: len(fleet.lines(job.id)) > 5, "it writes")
        fleet.end("a", signal.SIGKILL)
        fleet.agent("a")
        done = fleet.finished(job.id)
        assert (done.state, done.attempt) == ("succeeded", 1)
        assert fleet.lines(job.id) == [str(number) for number in range(80)]


def test_an_end_that_nobody_saw_is_reported_by_the_next_agent(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a")
        job = fleet.submit("sh", "-c", "sleep 1; echo late; exit 5")
        fleet.running(job.id)
        fleet.end("a", signal.SIGKILL)
        wait_for(lambda: not list(fleet.tasks()), "the ranks ended")
        fleet.agent("a")
        cause = fleet.finished(job.id).cause
        assert cause is not None
        assert cause.exit_code == 5
        assert fleet.lines(job.id) == ["late"]


def test_events_are_resumed_without_gap_or_double_over_a_restart(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a")
        fleet.finished(fleet.submit("true").id)
        seen = [event.id for event in fleet.client.events()]
        fleet.end("head", signal.SIGKILL)
        fleet.start_head()
        wait_for(lambda: fleet.state_of("a") == "online", "the agent is back")
        fleet.finished(fleet.submit("true").id)
        for event in fleet.client.follow_events(after=seen[-1]):
            seen.append(event.id)
            if event.kind == "job.succeeded":
                break
        assert seen == list(range(1, len(seen) + 1))


def test_sigterm_ends_the_head_in_time_with_open_streams_and_leaves_jobs_alone(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a")
        job = fleet.submit("sleep", "8")
        fleet.running(job.id)
        stream = fleet.client.follow_events(after=0)
        next(iter(stream))
        started = time.monotonic()
        assert fleet.end("head") == 0
        assert time.monotonic() - started < 3.0
        assert len(list(fleet.tasks())) > 0
        fleet.start_head()
        assert fleet.finished(job.id).state == "succeeded"


def test_a_second_head_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        second = fleet.run("head", "--data-dir", str(fleet.data), "--http-port", "0", "--rpc-port", "0", "--no-mdns")
        assert second.returncode == 1
        assert "already runs on the data directory" in second.stderr
        assert fleet.client.health().status == "ok"


@pytest.mark.parametrize("port", ["--http-port", "--rpc-port"])
def test_a_port_in_use_is_a_sentence_with_a_hint(tmp_path: Path, port: str) -> None:
    with Fleet(tmp_path) as fleet:
        taken = fleet.url.rpartition(":")[2] if port == "--http-port" else str(fleet.about["rpc_port"])
        other = {"--http-port": "0", "--rpc-port": "0", port: taken}
        flags = [part for pair in other.items() for part in pair]
        second = fleet.run("head", "--data-dir", str(tmp_path / "other"), "--host", "127.0.0.1", "--no-mdns", *flags)
        assert second.returncode == 1
        assert taken in second.stderr
        assert port in second.stderr


def test_a_wrong_key_is_not_let_in(tmp_path: Path) -> None:
    from tensorfleet.client import Client
    from tensorfleet.errors import NotAuthenticated

    with Fleet(tmp_path) as fleet:
        with pytest.raises(NotAuthenticated):
            Client(fleet.url, "tfk_wrong").me()
        with pytest.raises(TensorFleetError):
            Client(fleet.url).workers()
