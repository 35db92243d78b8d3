"""Two-rank training with checkpoints through run.checkpoint; prints every step and its loss exactly.

Arguments: steps, file to watch: while it does not exist, rank 1 kills itself after step KILL.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import tensorfleet

STEPS = int(sys.argv[1])
KILL = int(sys.argv[2]) if len(sys.argv) > 2 else -1


def main() -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    run = tensorfleet.init()
    torch.manual_seed(3)
    model = DistributedDataParallel(torch.nn.Linear(8, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    state = {"model": model, "optimizer": optimizer}
    found = run.checkpoint.load(state)
    start = found.step + 1 if found else 0
    if run.rank == 0:
        print(f"start {start}", flush=True)
    for step in range(start, STEPS):
        data = torch.Generator().manual_seed(step * dist.get_world_size() + run.rank)
        loss = model(torch.randn(16, 8, generator=data)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        run.checkpoint.save(state, step, metric={"loss": mean}, wait=True)
        if run.rank == 0:
            print(f"step {step} loss {mean.item():.9f}", flush=True)
        if run.attempt == 1 and step == KILL and run.rank == 1:
            time.sleep(0.5)  # let the agents bring it to the head
            os.kill(os.getpid(), signal.SIGKILL)
    dist.destroy_process_group()


main()
