"""`stop` and `kill`."""

from __future__ import annotations

from pathlib import Path

from process.fleet import Fleet


def test_stop_waits_for_the_end_and_the_code_tells(fleet: Fleet, work: Path) -> None:
    job = fleet.client.run(["python", "train.py", "sleep"], workdir=work, name="sleeper")
    fleet.running(job.id)
    done = fleet.run("stop", "sleeper", "--grace", "5s", "--wait")
    assert (done.returncode, done.stdout) == (0, f"{job.id}  sleeper  cancelled\n")
    cause = fleet.client.job(job.id).cause
    assert cause is not None
    assert cause.exit_code == 143


def test_several_are_killed_and_the_missing_one_is_told(fleet: Fleet, work: Path) -> None:
    jobs = [fleet.client.run(["python", "train.py", "sleep"], workdir=work).id for _ in range(2)]
    done = fleet.run("kill", jobs[0], "nothing", jobs[1], "--wait")
    assert done.returncode == 5
    assert [line.split()[2] for line in done.stdout.splitlines()] == ["cancelled", "cancelled"]
    assert "nothing" in done.stderr


def test_what_is_over_cannot_be_stopped(fleet: Fleet) -> None:
    job = fleet.client.run("true", workdir=None)
    fleet.finished(job.id)
    done = fleet.run("stop", job.id)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
