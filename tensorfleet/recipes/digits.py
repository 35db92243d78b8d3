"""Handwritten digits: a small convolutional network on scikit-learn's 1,797 real digits (8 x 8 pixels).

    python digits.py --epochs 10
    torchrun --nproc-per-node 2 digits.py
    tensorfleet run --recipe digits --nodes 2 --slots 1

Data-parallel over as many ranks as the launcher starts. Each logs its loss per step; rank 0 writes `model.pt` and
`metrics.json` to --output. One fifth of the digits is held back for the accuracy. Same seed and ranks: same curve.
"""

# mypy: untyped-calls-exclude=torch

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

try:
    from tensorfleet import init, log
except ImportError:  # copied out, and run where TensorFleet is not installed

    def init() -> Any:  # type: ignore[misc]  # only what is used below
        """A run outside of every fleet."""
        return SimpleNamespace(job_id="", should_stop=lambda: False)

    def log(metrics: Mapping[str, Any] | None = None, /, *, step: Any = None, **values: Any) -> None:
        """Nobody to tell."""


def between(kind: Callable[[str], float], least: float, most: float) -> Callable[[str], float]:
    """A checker of numbers for argparse."""

    def check(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    check.__name__ = kind.__name__  # argparse names it where the text is no number at all
    return check


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(description="Train a small convolutional network on handwritten digits.")
    flags.add_argument("--epochs", type=between(int, 1, 10_000), default=10, help="passes over the digits")
    flags.add_argument("--batch-size", type=between(int, 1, 1024), default=32, help="digits per step and rank")
    flags.add_argument("--lr", type=between(float, 1e-6, 10), default=0.1, help="highest learning rate of SGD")
    flags.add_argument("--width", type=between(int, 1, 1024), default=16, help="channels of the first layer")
    flags.add_argument("--seed", type=between(int, 0, 2**31), default=0, help="for weights, split and order")
    flags.add_argument("--threads", type=between(int, 1, 1024), default=1, help="CPU threads per rank")
    flags.add_argument("--output", type=Path, default=Path(os.environ.get("TENSORFLEET_OUTPUT_DIR") or "."))
    return flags


def join_gang(threads: int) -> tuple[int, int, torch.device]:
    """Meets the other ranks, where a launcher started several: this rank, how many, and the device to train on."""
    torch.set_num_threads(threads)
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("gloo" if device.type == "cpu" else "nccl")
    return rank, world, device


def load_digits() -> tuple[Tensor, Tensor]:
    """All images, (1797, 1, 8, 8) from 0 to 1, and their labels.

    Read from the file inside scikit-learn without importing it, which would double the time to the first step.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        sys.exit("This recipe reads the digits that ship with scikit-learn: pip install scikit-learn")
    with gzip.open(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        rows = torch.tensor([[float(value) for value in line.split(",")] for line in file])
    return rows[:, :64].reshape(-1, 1, 8, 8) / 16, rows[:, 64].long()


def network(width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * width * 16, 4 * width),
        nn.ReLU(),
        nn.Linear(4 * width, 10),
    )


def main() -> None:
    args = parser().parse_args()
    started = time.monotonic()
    rank, world, device = join_gang(args.threads)
    images, labels = load_digits()
    shuffle = torch.Generator().manual_seed(args.seed)
    order = torch.randperm(len(images), generator=shuffle)
    test, train = order[: len(order) // 5], order[len(order) // 5 :]
    images, labels = images.to(device), labels.to(device)

    torch.manual_seed(args.seed)  # before the network: the same weights on every rank
    plain = network(args.width).to(device)
    model = DistributedDataParallel(plain) if world > 1 else plain
    optimizer = torch.optim.SGD(model.parameters(), momentum=0.9, weight_decay=5e-4, nesterov=True)
    per_epoch = max(1, len(train) // (world * args.batch_size))
    print(f"rank {rank} of {world}: {args.epochs} epochs of {per_epoch} steps on {device}", flush=True)
    run = init()
    state: dict[str, Any] = {"model": plain, "optimizer": optimizer, "total": 0.0}
    found = run.checkpoint.load(state) if run.job_id else None  # outside of a fleet it begins anew
    step, accuracy = found.step + 1 if found else 0, 0.0
    for epoch in range(args.epochs):
        # Every rank draws the same order, also that of epochs before a checkpoint, and takes its share of each batch.
        shares = train[torch.randperm(len(train), generator=shuffle)][rank::world]
        if step > (epoch + 1) * per_epoch:
            continue
        behind = step - epoch * per_epoch
        total = state["total"] if behind else 0.0
        for batch in shares.split(args.batch_size)[behind:per_epoch]:
            # One cycle up and down: Smith, "Super-Convergence", 2018.
            progress = (step + 1) / (args.epochs * per_epoch)
            optimizer.param_groups[0]["lr"] = args.lr * min(progress / 0.3, (1 - progress) / 0.7 + 0.01)
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            value = loss.item()
            if not math.isfinite(value):
                sys.exit(f"The loss is {value} at step {step}: try a lower --lr than {args.lr}.")
            log(loss=value, step=step)
            total += value
            state["total"] = total
            if run.job_id and run.checkpoint.due():
                run.checkpoint.save(state, step, metric={"loss": value})
            if run.should_stop():
                return
            step += 1
        with torch.inference_mode():
            accuracy = (plain(images[test]).argmax(1) == labels[test]).float().mean().item()
        if rank == 0:
            log(accuracy=accuracy, epoch=epoch + 1, step=step - 1)
            print(f"epoch {epoch + 1}/{args.epochs}  loss {total / per_epoch:.4f}  accuracy {accuracy:.4f}", flush=True)

    if rank == 0:
        args.output.mkdir(parents=True, exist_ok=True)
        torch.save(plain.state_dict(), args.output / "model.pt")
        result = {"accuracy": accuracy, "epochs": args.epochs, "steps": step, "seconds": time.monotonic() - started}
        (args.output / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
