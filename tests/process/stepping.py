"""Jobs that work in steps and save each, and what a test of the queue asks of a fleet that runs them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise

from process.fleet import Fleet
from tensorfleet.client import Client

STEPS = """\
import os, pathlib, sys, time
place = pathlib.Path(os.environ["TENSORFLEET_CHECKPOINT_DIR"])
given = os.environ.get("TENSORFLEET_RESUME_FROM")
step = int((pathlib.Path(given) / "step").read_text()) if given else 0
print("from", step, flush=True)
while step < int(sys.argv[1]):
    time.sleep(float(sys.argv[2]))
    step += 1
    print("step", step, flush=True)
    if os.environ.get("RANK", "0") == "0":
        (place / ".new").mkdir()
        (place / ".new" / "step").write_text(str(step))
        (place / ".new").rename(place / f"step-{step}")
"""
"""A program that knows nothing of us. Its arguments: how many steps, and seconds for each."""


def stepping(steps: int, seconds: float = 0.2) -> list[str]:
    """A command that works for so many steps."""
    return [sys.executable, "-c", STEPS, str(steps), str(seconds)]


def client_of(fleet: Fleet, user: str, team: str, role: str = "member") -> Client:
    """A client of somebody else."""
    return Client(fleet.url, fleet.client.create_key(user, team, role).key or "")


def events(fleet: Fleet, job: str = "", kind: str = "") -> list[str]:
    """Texts of the events of `kind`, oldest first."""
    return [event.text for event in fleet.client.events(job) if event.kind == kind]


@dataclass(frozen=True, slots=True)
class Went:
    """What the log of a job that worked in steps tells of one attempt."""

    began: int
    done: int


def went(fleet: Fleet, job: str, rank: int = 0) -> list[Went]:
    """One for each attempt, in their order."""
    found: list[Went] = []
    for line in fleet.lines(job, rank):
        word, number = line.split()
        began = int(number) if word == "from" else found.pop().began
        found.append(Went(began, int(number)))
    return found


def assert_continued(attempts: list[Went], steps: int) -> None:
    """Fails unless each attempt went on where the one before was, at most a step behind, and the last reached the
    end."""
    assert attempts[0].began == 0
    for before, after in pairwise(attempts):
        assert before.done - 1 <= after.began <= before.done, attempts
    assert attempts[-1].done == steps, attempts
