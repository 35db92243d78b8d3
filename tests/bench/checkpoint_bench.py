# Run as a script: the path is set before the imports that need it.
# ruff: noqa: E402
"""Checkpoints: how long a training waits for one, and what disk and head make of it, beside torch.save in the same run.

    python tests/bench/checkpoint_bench.py [megabytes]

One process and two ranks (DDP, FSDP) save the same state on the same disk. `waits`: what `save` keeps the training
from; torch.save keeps it for all of its time. Bar: 1 s, or 3.5 % of the training's time where saves are taken as
`due()` asks. The first save fetches the memory that later ones use again.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import torch
import torch.distributed as dist
from torch import nn

from tensorfleet.train.run import Run

SAVES = 7


def model_of(megabytes: int) -> nn.Module:
    """With AdamW's two moments it comes to so many megabytes."""
    width = int((megabytes * 1e6 / 3 / 4 / 4) ** 0.5)
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Linear(width, width) for _ in range(4)))


def state_of(kind: str, megabytes: int) -> dict[str, object]:
    model = model_of(megabytes)
    if kind == "fsdp":
        from torch.distributed.fsdp import fully_shard

        for layer in model:
            fully_shard(layer)
        fully_shard(model)
    elif kind == "ddp":
        model = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters())
    first = next(iter(model.parameters()))
    model(torch.ones(2, first.shape[-1])).sum().backward()
    optimizer.step()
    return {"model": model, "optimizer": optimizer}


def measure(kind: str, megabytes: int) -> dict[str, object]:
    """In the current directory, by every rank alike."""
    state = state_of(kind, megabytes)
    run = Run({**os.environ, "TENSORFLEET_CHECKPOINT_KEEP": "1"})
    waits, writes = [], []
    for step in range(SAVES):
        begun = time.perf_counter()
        run.checkpoint.save(state, step)
        waits.append(run.checkpoint.blocked)
        run.checkpoint.wait()
        writes.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    found = run.checkpoint.load(state)
    loading = time.perf_counter() - begun
    size = found.size / 1e6 if found else 0.0
    return {
        "megabytes": round(size),
        "waits_first_ms": round(waits[0] * 1e3),
        "waits_median_ms": round(statistics.median(waits[1:]) * 1e3),
        "waits_most_ms": round(max(waits[1:]) * 1e3),
        "durable_mb_s": round(size / statistics.median(writes[1:])),
        "load_verified_mb_s": round(size / loading),
    }


def plain(megabytes: int) -> dict[str, object]:
    """torch.save to the same disk, synced as a checkpoint has to be."""
    state = state_of("plain", megabytes)
    tensors = {name: part.state_dict() for name, part in state.items()}  # type: ignore[attr-defined]
    times = []
    for _ in range(SAVES):
        begun = time.perf_counter()
        with open("plain.new", "wb") as file:
            torch.save(tensors, file)
            file.flush()
            os.fsync(file.fileno())
        Path("plain.new").rename("plain.pt")
        times.append(time.perf_counter() - begun)
    size = Path("plain.pt").stat().st_size / 1e6
    begun = time.perf_counter()
    torch.load("plain.pt")
    loading = time.perf_counter() - begun
    took = statistics.median(times[1:])
    return {
        "waits_median_ms": round(took * 1e3),
        "durable_mb_s": round(size / took),
        "load_mb_s": round(size / loading),
    }


def share(seconds: float = 2.0, rounds: int = 7) -> dict[str, object]:
    """A training that asks `due()` after each step, with an interval of nothing, in turns with one that never saves."""
    state = state_of("plain", 60)
    model, optimizer = state["model"], state["optimizer"]
    data = torch.ones(64, next(model.parameters()).shape[-1])  # type: ignore[attr-defined]
    run = Run({"TENSORFLEET_CHECKPOINT_EVERY": "0", "TENSORFLEET_CHECKPOINT_KEEP": "1"})
    run.checkpoint.save(state, 0, wait=True)
    saves, waited = 0, 0.0

    def train(saving: bool) -> int:
        nonlocal saves, waited
        steps, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            optimizer.zero_grad()  # type: ignore[attr-defined]
            model(data).square().mean().backward()  # type: ignore[operator]
            optimizer.step()  # type: ignore[attr-defined]
            steps += 1
            if saving and run.checkpoint.due():
                run.checkpoint.save(state, steps)
                saves, waited = saves + 1, waited + run.checkpoint.blocked
        run.checkpoint.wait()
        return steps

    pairs = [(train(False), train(True)) for _ in range(rounds)]
    lost = statistics.median(1 - saving / bare for bare, saving in pairs)
    return {
        "saves_a_minute": round(60 * saves / (seconds * rounds)),
        "waited_percent": round(100 * waited / (seconds * rounds), 2),
        "steps_lost_percent": round(100 * lost, 1),
    }


def brought(megabytes: int) -> dict[str, object]:
    """From the rename in the rank to the event that the head can go on from it, over a real agent on this machine."""
    from process.fleet import Fleet

    code = (
        "import torch, tensorfleet\n"
        f"state = {{'weights': torch.rand({megabytes * 250_000})}}\n"
        "tensorfleet.init().checkpoint.save(state, 1, wait=True)\n"
    )
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder)) as fleet:
        fleet.agent("a", "--no-warm", "--slots", "1")
        job = fleet.submit("python", "-c", code, slots=1)
        fleet.finished(job.id, 200)
        saved = next(event for event in fleet.client.events(job.id) if event.kind == "checkpoint.saved")
        (found,) = fleet.client.checkpoints(job.id)
        return {"megabytes": megabytes, "seconds": round(saved.at - found.at, 2)}


def ranks(kind: str, megabytes: int) -> dict[str, object]:
    """Two ranks under PyTorch's launcher; what rank 0 measured."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, str(Path(__file__).absolute()), kind, str(megabytes)],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


def main() -> None:
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
        measured = measure(sys.argv[1], int(sys.argv[2]))
        if dist.get_rank() == 0:
            print(json.dumps(measured), flush=True)
        dist.destroy_process_group()
        return
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 192
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        figures["torch_save"] = plain(megabytes)
        figures["one_process"] = measure("plain", megabytes)
        figures["due"] = share()
        os.chdir("/")
    for kind in ("ddp", "fsdp"):
        figures[f"two_ranks_{kind}"] = ranks(kind, megabytes)
    figures["to_the_head"] = brought(100)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
