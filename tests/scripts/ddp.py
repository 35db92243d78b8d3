"""A plain DDP script as its author would run it under torchrun; it knows nothing of TensorFleet.

The end-to-end suite runs it under both and compares the losses bit for bit.
"""

# mypy: untyped-calls-exclude=torch

import argparse
import json
import os
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def main() -> None:
    flags = argparse.ArgumentParser()
    flags.add_argument("--steps", type=int, default=20)
    flags.add_argument("--output", type=Path, default=Path(os.environ.get("TENSORFLEET_OUTPUT_DIR") or "."))
    args = flags.parse_args()

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 4)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    data = torch.Generator().manual_seed(1)
    losses = []
    for step in range(args.steps):
        inputs = torch.randn(32 * world, 16, generator=data)
        targets = inputs[:, :4].tanh() + inputs[:, 4:8].square()
        share = slice(rank, None, world)
        loss = nn.functional.mse_loss(model(inputs[share]), targets[share])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        losses.append((mean / world).item())
        if rank == 0:
            print(f"step={step} loss={losses[-1]:.10f}", flush=True)
    if rank == 0:
        args.output.mkdir(parents=True, exist_ok=True)
        (args.output / "losses.json").write_text(json.dumps(losses))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
