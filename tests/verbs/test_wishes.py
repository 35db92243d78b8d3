"""`pause`, `resume`, `requeue`, `retry`, `clone`, `--after` and `--array`, on real processes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for

COUNTER = """\
import sys, time
import tensorfleet
run = tensorfleet.init()
step = int((run.resume_from / "step").read_text()) if run.resume_from else 0
print("from", step, flush=True)
while step < int(sys.argv[1]):
    if run.should_stop():
        if run.rank == 0:
            place = run.checkpoint_dir / ".new"
            place.mkdir()
            (place / "step").write_text(str(step))
            place.rename(run.checkpoint_dir / f"step-{step}")
        print("saved", step, flush=True)
        break
    step += 1
    print("step", step, flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    (tmp_path / "count.py").write_text(COUNTER)
    return tmp_path


def ids(done: object) -> list[str]:
    return [line.split()[0] for line in done.stdout.splitlines()]


def test_pause_frees_the_nodes_and_resume_loses_no_step(fleet: Fleet, counter: Path) -> None:
    job = fleet.client.run(["python", "count.py", "60"], workdir=counter, name="counter", slots=1)
    wait_for(lambda: "step 5" in fleet.lines(job.id), "it counts")
    done = fleet.run("pause", "counter", "--wait")
    assert (done.returncode, done.stdout) == (0, f"{job.id}  counter  paused\n")
    assert all(not worker.jobs for worker in fleet.client.workers())
    assert "paused" in fleet.run("ps").stdout
    assert fleet.run("resume", "counter").returncode == 0
    done = fleet.run("logs", job.id, "-f")
    steps = [line for line in done.stdout.splitlines() if line.startswith("step ")]
    assert steps == [f"step {number}" for number in range(1, 61)]
    view = fleet.finished(job.id)
    assert (view.state, view.attempt) == ("succeeded", 2)
    assert view.history[0].cause == "It was paused."
    assert "It was paused." in fleet.run("show", job.id).stdout


def test_a_script_that_does_not_listen_is_paused_by_a_signal(fleet: Fleet, work: Path) -> None:
    job = fleet.client.run(["python", "train.py", "sleep"], workdir=work)
    fleet.running(job.id)
    assert fleet.run("pause", job.id, "--wait").stdout.endswith("paused\n")
    assert fleet.run("stop", job.id, "--wait").stdout.endswith("cancelled\n")


def test_requeue_lets_the_urgent_one_go_first(fleet: Fleet, counter: Path) -> None:
    job = fleet.client.run(["python", "count.py", "80"], workdir=counter, name="patient", slots=8)
    wait_for(lambda: "step 1" in fleet.lines(job.id, rank=7), "it counts")
    urgent = fleet.client.run("sleep 0.5", workdir=None, priority=90, slots=8)
    assert fleet.run("requeue", "patient").returncode == 0
    went = fleet.finished(urgent.id)
    view = fleet.finished(job.id)
    assert (view.state, view.attempt) == ("succeeded", 2)
    assert view.started is not None
    assert went.ended is not None
    assert view.started > went.ended


def test_a_killed_rank_is_tried_again_and_a_failure_of_its_own_is_not(fleet: Fleet, tmp_path: Path) -> None:
    once = "import os, signal; os.environ['TENSORFLEET_ATTEMPT'] == '1' and os.kill(os.getpid(), signal.SIGKILL)"
    view = fleet.finished(fleet.client.run(["python", "-c", once], workdir=None, name="once").id)
    assert (view.state, view.attempt) == ("succeeded", 2)
    assert "SIGKILL" in view.history[0].cause
    job = fleet.run("run", "--no-upload", "-d", "--name", "never", "--", "exit 3").stdout.strip()
    view = fleet.finished(job)
    assert (view.state, view.attempt) == ("failed", 1)
    assert fleet.run("retry", job, "--wait").stdout == f"{job}  never  failed\n"
    assert fleet.client.job(job).attempt == 2


def test_none_is_tried_again_with_retries_0(fleet: Fleet) -> None:
    done = fleet.run("run", "--no-upload", "--retries", "0", "--", "kill -9 $$")
    assert done.returncode == 128 + signal.SIGKILL


def test_a_clone_runs_the_same_code_with_changes(fleet: Fleet, work: Path) -> None:
    job = fleet.client.run(["python", "train.py", "greet"], workdir=work, name="first", env={"A": "1"})
    fleet.finished(job.id)
    done = fleet.run("clone", "first", "--name", "second", "--slots", "2", "-e", "B=2", cwd=fleet.root)
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == ["[rank 0] hello from 0", "[rank 1] hello from 1"]
    clone = fleet.client.job("second")
    assert clone.code == fleet.client.job(job.id).code
    assert clone.id != job.id
    assert fleet.client.job_file("second").env == {"A": "1", "B": "2"}


def test_a_job_after_another_waits_for_it_and_says_so(fleet: Fleet, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = fleet.client.run(f"while [ ! -e {gate} ]; do sleep 0.05; done", workdir=None, name="first-of-two")
    second = fleet.run("run", "--no-upload", "-d", "--after", "first-of-two", "--", "true").stdout.strip()
    assert f"Waits for first-of-two ({first.id}), which " in fleet.run("why", second).stdout
    gate.touch()
    assert fleet.finished(second).state == "succeeded"
    third = fleet.run("run", "--no-upload", "-d", "--after", first.id, "--", "true").stdout.strip()
    assert fleet.finished(third).state == "succeeded", "what it waits for is over already"


def test_a_job_after_one_that_failed_is_refused_or_ends_with_it(fleet: Fleet) -> None:
    failed = fleet.finished(fleet.client.run("exit 1", workdir=None).id)
    done = fleet.run("run", "--no-upload", "--after", failed.id, "--", "true")
    assert done.returncode == 1
    assert "did not succeed" in done.stderr
    assert "there is no job" in fleet.run("run", "--no-upload", "--after", "nobody", "--", "true").stderr


def test_an_array_is_many_jobs_that_are_handled_as_one(fleet: Fleet) -> None:
    command = ("--array", "0-4%2", "--", "exit $TENSORFLEET_ARRAY_INDEX")
    done = fleet.run("run", "--no-upload", "--name", "grid", *command)
    assert done.returncode == 0
    jobs = done.stdout.split()
    assert [fleet.finished(job).cause.exit_code for job in jobs] == [0, 1, 2, 3, 4]  # type: ignore[union-attr]
    views = [fleet.client.job(job) for job in jobs]
    assert [view.name for view in views] == [f"grid.{index}" for index in range(5)]
    array = views[0].array
    assert array is not None
    waits = fleet.run("run", "--no-upload", "-d", "--after", array.id, "--", "true")
    assert "did not succeed" in waits.stderr
    assert len(ids(fleet.run("retry", array.id, "--wait"))) == 4
    late = fleet.run("run", "--no-upload", "-d", "--array", "0-2", "--", "sleep 600").stdout.strip()
    assert len(ids(fleet.run("kill", late, "--wait"))) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pause", "nothing-here"), "There is no job"),
        (("run", "--no-upload", "--array", "3-1", "--", "true"), "array: '3-1' is not understood"),
        (("run", "--no-upload", "--retries", "-1", "--", "true"), "retry.max: -1"),
        (("clone", "nothing-here"), "There is no job"),
    ],
)
def test_bad_wishes(fleet: Fleet, arguments: tuple[str, ...], said: str) -> None:
    done = fleet.run(*arguments, "--json") if arguments[0] == "pause" else fleet.run(*arguments)
    assert done.returncode in (2, 5)
    told = json.loads(done.stderr)["detail"] if arguments[0] == "pause" else done.stderr
    assert said in told


def test_what_is_over_can_only_be_retried(fleet: Fleet) -> None:
    job = fleet.finished(fleet.client.run("true", workdir=None).id).id
    for verb in ("pause", "resume", "requeue", "retry"):
        done = fleet.run(verb, job)
        assert done.returncode == 1, verb
        assert "hint" in done.stderr or "succeeded" in done.stderr
