"""Trains a small model and saves it; prints, as JSON, what it went on from and a digest of all parameters.

Arguments: plain | ddp | fsdp, steps to make. Every rank sees all of the data, so that any number of ranks computes
nearly the same, and one that continues with another number starts from exactly what was saved.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_optimizer_state_dict
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

import tensorfleet


def digest(model: nn.Module, optimizer: torch.optim.Optimizer) -> str:
    options = StateDictOptions(full_state_dict=True)
    whole = [get_model_state_dict(model, options=options)]
    moments = get_optimizer_state_dict(model, optimizer, options=options)["state"]
    sha = hashlib.sha256()
    for name, value in sorted(
        {**whole[0], **{f"{n}.{k}": t for n, s in moments.items() for k, t in s.items()}}.items()
    ):
        sha.update(name.encode() + value.detach().numpy().tobytes())
    return sha.hexdigest()


def main() -> None:
    kind, steps = sys.argv[1], int(sys.argv[2])
    if "RANK" in os.environ and kind != "plain":
        dist.init_process_group("gloo")
    torch.manual_seed(7)
    model: nn.Module = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 5))
    if kind == "fsdp" and dist.is_initialized():
        fully_shard(model)
    elif kind == "ddp":
        model = DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    run = tensorfleet.init()
    state = {"model": model, "optimizer": optimizer, "note": "fresh", "seen": torch.zeros(2)}
    found = run.checkpoint.load(state)
    start = found.step + 1 if found else 0
    loaded = digest(model, optimizer) if found else ""
    for step in range(start, start + steps):
        optimizer.zero_grad()
        model(torch.full((3, 6), float(step))).square().sum().backward()
        optimizer.step()
        state["note"], state["seen"] = f"after {step}", state["seen"] + 1
        assert run.checkpoint.save(state, step, metric={"loss": 1 / (step + 1)}, wait=True)
    after = digest(model, optimizer)
    if run.rank == 0:
        said = {"from": found.step if found else None, "loaded": loaded, "after": after, "note": state["note"]}
        print(json.dumps({**said, "seen": state["seen"].tolist()}), flush=True)
    if dist.is_initialized():
        dist.destroy_process_group()


main()
