"""After the end of a job there is no process of it, whatever it forked."""

from __future__ import annotations

import pytest

from process.fleet import Fleet, wait_for

HIDE = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "1000"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        while True:
            time.sleep(1)
    os._exit(0)
print("hidden", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_stop_and_kill_leave_nothing(fleet: Fleet, how: str) -> None:
    job = fleet.submit("python", "-c", HIDE, nodes=2, slots=1)
    wait_for(lambda: fleet.lines(job.id).count("hidden") == 2, "both ranks hid their children")
    assert len(list(fleet.tasks())) >= 6
    if how == "stop":
        fleet.client.stop(job.id, grace=0.5)
    else:
        fleet.client.kill(job.id)
    assert fleet.finished(job.id, seconds=10).state == "cancelled"
    assert list(fleet.tasks()) == []


def test_a_job_that_ends_by_itself_leaves_nothing_either(fleet: Fleet) -> None:
    job = fleet.submit("python", "-c", HIDE.replace("time.sleep(1000)", "sys.exit(0)"))
    assert fleet.finished(job.id).state == "succeeded"
    assert list(fleet.tasks()) == []


def test_a_rank_may_end_gracefully_within_the_grace(fleet: Fleet) -> None:
    job = fleet.submit("sh", "-c", "trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.1; done")
    wait_for(lambda: "ready" in fleet.lines(job.id), "it is ready")
    fleet.client.stop(job.id)
    assert fleet.finished(job.id, seconds=8).state == "cancelled"
    assert fleet.lines(job.id)[-1] == "saved"


def test_a_job_that_waits_for_capacity_is_cancelled_at_once(fleet: Fleet) -> None:
    wide = fleet.submit("sleep", "60", slots=8)
    waiting = fleet.submit("true", slots=8)
    assert fleet.client.why(waiting.id).code == "NO_CAPACITY"
    fleet.client.stop(waiting.id)
    assert fleet.client.job(waiting.id).state == "cancelled"
    fleet.client.kill(wide.id)
    fleet.finished(wide.id)
