"""Kills a saving process at many instants of its saves; prints, as JSON, what each kill left.

Argument: how many kills. One process imports torch, and every trial is a fork of it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from pathlib import Path

import torch
import torch.distributed.checkpoint
import torch.distributed.checkpoint.state_dict

from tensorfleet.train.run import Run
from tensorfleet.train.saved import damage, find

SAVES = 4


def train(told: int) -> None:
    """Saves, and tells each step once it is durable, until it is killed."""
    run = Run({"TENSORFLEET_CHECKPOINT_KEEP": "3"})
    state = {"weights": torch.zeros(300_000), "note": "x"}
    found = run.checkpoint.load(state)
    step = found.step + 1 if found else 0
    while True:
        state["weights"].fill_(step)
        if run.checkpoint.save(state, step, wait=True):
            os.write(told, f"{step}\n".encode())
        step += 1


def trial(delay: float) -> tuple[int, float]:
    """The last step that was told before the kill, and how long a save took."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        train(write)
    os.close(write)
    began = time.monotonic()
    first = os.read(read, 100) if select.select([read], [], [], 60)[0] else b""
    took = time.monotonic() - began
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    rest = b""
    while piece := os.read(read, 4096):
        rest += piece
    os.close(read)
    return int((first + rest).split()[-1]), took


def main() -> None:
    kills = int(sys.argv[1])
    torch.set_num_threads(1)
    took = min(trial(0.0)[1] for _ in range(2))
    results = []
    for number in range(kills):
        acknowledged, _ = trial(took * SAVES * number / kills)
        whole = find(Path("checkpoints"))
        left = [path.name for path in Path("checkpoints").iterdir()]
        results.append(
            {
                "acknowledged": acknowledged,
                "newest": whole[0].step,
                "damage": [damage(saved) for saved in whole if damage(saved)],
                "partial": any(name.endswith(".partial") for name in left),
            }
        )
    print(json.dumps(results))


main()
