"""The job that is disturbed: trains over two nodes until it is told where to end, with a checkpoint every second or so.

Argument: a folder for whoever looks on. Rank 0 appends `attempt step loss time loading` to `steps` there; every rank
leaves its pid; a number in `last` is the step to end with, which all ranks learn of long before it. Data come in the
order of the steps, so that a run that goes on from a checkpoint computes the very numbers of one that was never
disturbed. PACE: seconds that a step takes at least.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import tensorfleet

SAVE_EVERY = 40
"""Steps."""


def main() -> None:
    folder, pace = Path(sys.argv[1]), float(os.environ.get("PACE", "0.02"))
    run = tensorfleet.init()
    dist.init_process_group("gloo")
    (folder / f"pid-{run.rank}").write_text(f"{run.attempt} {os.getpid()}")
    torch.manual_seed(3)
    torch.set_num_threads(1)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 1)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    state = {"model": model, "optimizer": optimizer}
    began = time.time()
    found = run.checkpoint.load(state)
    loading = time.time() - began
    step = found.step if found else 0
    last = folder / "last"
    with (folder / "steps").open("a") as record:
        while not last.exists() or step < int(last.read_text()):
            step += 1
            begun = time.monotonic()
            inputs = torch.randn(8, 16, generator=torch.Generator().manual_seed(step * 1000 + run.rank))
            optimizer.zero_grad()
            loss = (model(inputs) - inputs.sum(1, keepdim=True)).square().mean()
            loss.backward()
            optimizer.step()
            loss = loss.detach()
            dist.all_reduce(loss)
            if run.rank == 0:
                print("step", step, flush=True)
                record.write(f"{run.attempt} {step} {loss.item().hex()} {time.time()} {loading}\n")
                record.flush()
            if step % SAVE_EVERY == 0:
                run.checkpoint.save(state, step)
            time.sleep(max(0.0, pace - (time.monotonic() - begun)))
    run.checkpoint.wait()
    dist.destroy_process_group()


main()
