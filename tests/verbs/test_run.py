"""`tensorfleet run`: upload, attach, exit codes, the card of a failed job."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from process.fleet import COMMAND, Fleet, wait_for


def test_lines_go_to_stdout_and_everything_else_beside(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--", "python", "train.py", cwd=work)
    assert (done.returncode, done.stdout) == (0, "hello from 0\n"), done.stderr
    assert done.stderr.startswith("job j")
    assert "succeeded" in done.stderr


def test_several_ranks_are_told_apart(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--nodes", "2", "--slots", "2", "--", "python", "train.py", cwd=work)
    assert sorted(done.stdout.splitlines()) == [f"[rank {n}] hello from {n}" for n in range(4)], done.stderr


@pytest.mark.parametrize(
    ("args", "code", "cause"),
    [(["exit", "7"], 7, "ended with exit code 7"), (["die"], 137, "SIGKILL")],
)
def test_a_failed_job_ends_with_its_code_and_a_card(
    fleet: Fleet, work: Path, args: list[str], code: int, cause: str
) -> None:
    done = fleet.run("run", "--", "python", "train.py", *args, cwd=work)
    assert done.returncode == code
    assert cause in done.stderr
    assert "rank 0 on" in done.stderr
    if args[0] == "exit":
        assert "| about to fail" in done.stderr


def test_a_syntax_error_on_one_rank_names_that_rank(fleet: Fleet, work: Path) -> None:
    (work / "one.py").write_text("import os\nif os.environ['RANK'] == '1':\n    exec('def broken(:')\n")
    done = fleet.run("run", "--slots", "2", "--", "python", "one.py", cwd=work)
    assert done.returncode == 1
    assert "rank 1 on" in done.stderr
    assert "SyntaxError" in done.stderr


def test_a_script_that_is_not_there_is_refused_before_anything_travels(fleet: Fleet, work: Path) -> None:
    before = len(list(fleet.client.jobs()))
    done = fleet.run("run", "--", "python", "trian.py", cwd=work)
    assert done.returncode == 2
    assert "trian.py does not exist" in done.stderr
    assert "Did you mean train.py?" in done.stderr
    (work / ".gitignore").write_text("*.py\n")
    done = fleet.run("run", "--", "python", "train.py", cwd=work)
    assert done.returncode == 2
    assert ".gitignore leaves it out" in done.stderr
    assert len(list(fleet.client.jobs())) == before


def test_a_missing_work_directory_and_the_home_directory(fleet: Fleet, work: Path) -> None:
    assert fleet.run("run", "--workdir", "nowhere", "--", "true", cwd=work).returncode == 2
    done = fleet.run("run", "--", "true", cwd=fleet.root)
    assert done.returncode == 2
    assert "This would upload all of" in done.stderr
    assert fleet.run("run", "--no-upload", "--", "true", cwd=fleet.root).returncode == 0


def test_detached_prints_the_id_alone(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "-d", "--name", "quick", "--", "true", cwd=work)
    assert done.returncode == 0
    job = done.stdout.strip()
    assert done.stdout == f"{job}\n"
    assert fleet.finished(job).state == "succeeded"


def test_wait_shows_no_lines_and_gives_the_code(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--wait", "--", "python", "train.py", "exit", "3", cwd=work)
    assert (done.returncode, done.stdout) == (3, "")


def test_json_is_one_object_a_line(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--json", "--", "python", "train.py", cwd=work)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records[0]["text"] == "hello from 0"
    assert records[-1]["state"] == "succeeded"
    assert done.stderr == ""


def test_a_job_file_finds_its_directory_beside_it(fleet: Fleet, work: Path) -> None:
    (work / "job.yaml").write_text("name: filed\nrun: python train.py\nworkdir: .\nenv: {A: 1}\n")
    done = fleet.run("run", "-f", str(work / "job.yaml"), cwd=Path("/"))
    assert (done.returncode, done.stdout) == (0, "hello from 0\n"), done.stderr


def test_a_dry_run_tells_where_or_why_not(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--dry-run", "--slots", "1", "--", "python", "train.py", cwd=work)
    assert done.returncode == 0
    assert "It would start at once." in done.stdout
    heading, row, _ = done.stdout.splitlines()
    assert heading.split() == ["NODE", "RANKS", "GPUS"]
    assert row.split()[1:] == ["0", "-"]
    done = fleet.run("run", "--dry-run", "--slots", "500", "--", "python", "train.py", cwd=work)
    assert "largest possible is 8 slots" in done.stdout + done.stderr


def test_what_the_fleet_can_never_run_is_refused(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--slots", "500", "--", "python", "train.py", cwd=work)
    assert done.returncode == 2
    assert "the largest possible is 8 slots on 2 nodes" in done.stderr


def test_a_recipe_brings_its_own_script(fleet: Fleet, work: Path) -> None:
    done = fleet.run("run", "--dry-run", "--recipe", "digits", "-p", "epochs=1", cwd=work)
    assert done.returncode == 0, done.stderr


def test_what_waits_says_why_and_ctrl_c_detaches(fleet: Fleet, work: Path) -> None:
    blocker = fleet.client.run(["sleep", "600"], workdir=None, slots=8)
    fleet.running(blocker.id)
    beside = work.parent / "beside"
    with beside.open("w") as err:
        attached = subprocess.Popen(
            [COMMAND, "run", "--name", "patient", "--", "python", "train.py", "sleep"],
            cwd=work,
            env=fleet.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    try:
        wait_for(lambda: "number 1 in the queue: Asks for 1 slot" in beside.read_text(), "it says what it waits for")
        fleet.client.kill(blocker.id)
        assert attached.stdout is not None
        assert attached.stdout.readline() == "asleep\n"
        wait_for(lambda: "patient starts on" in beside.read_text(), "it says that it starts")
        attached.send_signal(signal.SIGINT)
        assert attached.wait(10) == 130
    finally:
        attached.kill()
        attached.communicate()
    said = beside.read_text()
    assert said.startswith("job ")
    assert "Detached; patient goes on." in said
    job = said.split()[1]
    assert f"tensorfleet logs {job} -f" in said
    assert fleet.client.job(job).state == "running"
    fleet.client.kill(job)
    wait_for(lambda: fleet.client.job(job).state == "cancelled", "the job is over")


def test_the_python_client_does_the_same(fleet: Fleet, work: Path) -> None:
    job = fleet.client.run(["python", "train.py"], slots=2, workdir=work)
    assert fleet.client.wait(job).state == "succeeded"
    assert sorted(line.text for line in fleet.client.logs(job.id)) == ["hello from 0", "hello from 1"]
