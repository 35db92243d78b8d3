"""kill -9 of a rank, and then of torchrun itself, under `torchrun --max-restarts`: the time from the kill to the next
step, and who is left behind. Every step is saved, so a restart costs no step.

Usage: torchrun_kill.py [--kills N]
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from figures import not_installed, tell

WHAT = "torchrun --max-restarts: kill -9 of a rank"
PATIENCE = 45.0
"""Seconds for the next step; then the kill counts as not recovered from."""


def train(folder: Path) -> None:
    """What the ranks do: steps of 20 ms, each of them written down."""
    import torch
    import torch.distributed as dist

    rank, restart = os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
    dist.init_process_group("gloo")
    (folder / f"pid-{rank}").write_text(str(os.getpid()))
    saved = folder / "saved"
    step = int(saved.read_text()) if saved.exists() else 0
    while True:
        step += 1
        dist.all_reduce(torch.ones(1000))
        if rank == "0":
            (folder / "saved.new").write_text(str(step))
            (folder / "saved.new").rename(saved)
            with (folder / "steps").open("a") as file:
                file.write(f"{restart} {step} {time.time()}\n")
        time.sleep(0.02)


def steps(folder: Path) -> list[tuple[int, float]]:
    """The restart count and the time of every step."""
    file = folder / "steps"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(line.split()[0]), float(line.split()[2])) for line in lines if len(line.split()) == 3]


def within(seconds: float, what: Callable[[], object]) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(folder: Path) -> list[int]:
    """Ranks that are still there."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def trial(folder: Path) -> tuple[float | None, int]:
    """Seconds from the kill of a rank to the next step, and how many ranks outlive a kill of torchrun by 10 s."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["--max-restarts", "3", __file__, "--train", str(folder)]
    with open(folder / "log", "wb") as log:
        agent = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    took = None
    try:
        if not within(90, lambda: len(steps(folder)) > 20):
            raise SystemExit((folder / "log").read_text()[-2000:])
        killed = time.time()
        os.kill(int((folder / "pid-1").read_text()), signal.SIGKILL)
        if within(PATIENCE, lambda: any(restart > 0 for restart, _ in steps(folder))):
            took = next(at for restart, at in steps(folder) if restart > 0) - killed
        agent.kill()
        agent.wait()
        within(10, lambda: not alive(folder))
        return took, len(alive(folder))
    finally:
        for pid in (*alive(folder), agent.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        agent.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--train", type=Path)
    arguments = parser.parse_args()
    if arguments.train:
        return train(arguments.train)
    if importlib.util.find_spec("torch") is None:
        return not_installed(WHAT, "torch")
    times, orphans = [], 0
    for _ in range(arguments.kills):
        with tempfile.TemporaryDirectory() as folder:
            took, left = trial(Path(folder))
            times += [took] if took is not None else []
            orphans += left
    tell(WHAT, times, n=arguments.kills, lost=arguments.kills - len(times), orphans=orphans)
    return None


if __name__ == "__main__":
    main()
