"""A lab in the middle of its day: what the console's pages are looked at with, by tests and for the pictures.

What people write is as bad as they make it: very long, from right to left, and with markup in it. (Names of jobs and
nodes are letters and digits; reasons, commands, variables, files and metrics are not.)
"""

from __future__ import annotations

import time
from typing import Final

from process.fleet import ENDED, Fleet, wait_for
from tensorfleet.client import Client
from tensorfleet.wire.booking import ReserveBody
from tensorfleet.wire.jobfile import JobFile

MARKUP: Final = "<img src=x onerror=alert(1)><script>alert(2)"
RIGHT_TO_LEFT: Final = "\u202eتدريب النموذج ٣"
LONG: Final = "a-name-that-somebody-made-of-every-parameter-lr-0.0003-width-4096-depth-48-dropout-0.15-seed-7"

TRAINS: Final = """
import math, sys, time
steps, lr, pause = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
print("reads 1,797 digits")
for step in range(steps):
    wave = 0.05 * math.sin(step * 1.7 + lr * 100)
    loss, accuracy = 2.3 * math.exp(-step * lr / 10) + 0.08 + wave, 1 - math.exp(-step / 40)
    print(f"step={step} loss={loss:.4f} accuracy={accuracy:.4f}", flush=True)
    time.sleep(pause)
"""

FAILS: Final = """
import os, sys, time
print("step=0 loss=2.31")
if os.environ["RANK"] != "1":
    time.sleep(30)
def collate(batch): raise ValueError("a batch of 31 images, and labels of 32")
collate([])
"""

ODD: Final = r"""
printf 'made\n' > "$TENSORFLEET_OUTPUT_DIR/$0.txt"
printf 'step=1 loss=nan grad=inf\n\033[1;31mred\033[0m <b>markup</b>\n'
printf '\033]8;;http://nowhere.example\007a link\033]8;;\007\n'
printf 'step=2 loss=0.5 grad=1e300\nstep=3 loss=-inf grad=3\nstep=4 loss=0.4 grad=2\n'
"""


def begin(fleet: Fleet) -> dict[str, str]:
    """Starts all of it, and answers the pages that there are to see: their names and their paths."""
    for name in ("gpu-1", "gpu-2", "a-machine-with-a-name-as-long-as-the-people-of-the-cellar-liked"):
        fleet.agent(name, "--slots", "4", "--fake-gpus", "4")
    admin = fleet.client
    vision, speech = (Client(fleet.url, admin.create_key(who, team).key or "") for who, team in PEOPLE)
    with vision, speech:
        pair = [
            vision.run(["python3", "-c", TRAINS, "120", lr, "0"], name=f"digits-lr-{lr}", workdir=None, slots=1).id
            for lr in ("0.1", "0.3")
        ]
        fails = speech.run(["python3", "-c", FAILS], name="batches", workdir=None, nodes=2, slots=1).id
        odd = speech.run(["sh", "-c", ODD, MARKUP], name="odd", env={"TITLE": RIGHT_TO_LEFT}, workdir=None, slots=1).id
        for job in (*pair, fails, odd):
            fleet.finished(job, 60)
        runs = vision.run(
            ["python3", "-c", TRAINS, "100000", "0.02", "0.2"], name=LONG, workdir=None, nodes=2, gpus=8
        ).id
        fleet.running(runs)
        speech.run(["sleep", "1000"], name="whisper-small", workdir=None, gpus=2)
        waits = speech.run(["true"], name="whisper-large", workdir=None, nodes=3, gpus=12, priority=70).id
        vision.run(["true"], name="sweep", workdir=None, gpus=4)
        vision.submit(JobFile(name="after-the-talk", run="true", hold=True))
    now = time.time()
    admin.queue.reserve(
        ReserveBody(nodes=["gpu-1"], start=now + 7200, end=now + 14400, team="vision", reason="the demo for visitors")
    )
    admin.queue.reserve(
        ReserveBody(
            nodes=["gpu-2"], start=now + 90000, end=now + 95000, maintenance=True, reason=MARKUP + RIGHT_TO_LEFT
        )
    )
    admin.drain("gpu-2")
    wait_for(lambda: len(admin.metrics(runs)) >= 2, "its curves begin")
    return {
        "fleet": "/fleet",
        "node": "/fleet/gpu-1",
        "jobs": "/jobs",
        "jobs-by-team": "/jobs?group=team",
        "job": f"/jobs/{runs}",
        "job-waiting": f"/jobs/{waits}",
        "job-failed": f"/jobs/{fails}",
        "job-logs": f"/jobs/{odd}/logs",
        "job-metrics": f"/jobs/{runs}/metrics",
        "job-odd-metrics": f"/jobs/{odd}/metrics",
        "job-checkpoints": f"/jobs/{pair[0]}/checkpoints",
        "job-artifacts": f"/jobs/{pair[0]}/artifacts",
        "job-odd-artifacts": f"/jobs/{odd}/artifacts",
        "job-events": f"/jobs/{fails}/events",
        "job-file": f"/jobs/{runs}/file",
        "compare": f"/compare?jobs={','.join(pair)}",
        "queue": "/queue",
        "new": "/new",
        "clone": f"/new?from={runs}",
        "usage": "/usage",
        "policy": "/policy",
        "account": "/account",
        "wall": "/wall",
        "nowhere": "/nowhere",
    }


def end(fleet: Fleet) -> None:
    """Nothing runs any more."""
    live = [job.id for job in fleet.client.jobs() if job.state not in ENDED]
    for job in live:
        fleet.client.kill(job)
    for job in live:
        fleet.finished(job)


PEOPLE: Final = (("maria", "vision"), ("oleksandr-the-second-of-his-name", "speech"))
