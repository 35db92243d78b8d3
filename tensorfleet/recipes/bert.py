"""A BERT that learns a text from scratch by filling in masked bytes.

    python bert.py --text corpus.txt
    torchrun --nproc-per-node 2 bert.py --size mini --steps 5000
    tensorfleet run --recipe bert -p text=/data/corpus.txt -p size=base --gpus 8

The encoder and masked-language-model head of BERT (Devlin et al. 2018) in plain torch; sizes as in Turc et al. 2019.
Its vocabulary is the 256 bytes and three marks, so that it reads any file in any language without a tokeniser to
download. Without --text it learns the English of Python's own reference, which is in every Python. Each rank draws
its own batches and logs its loss; rank 0 validates on the last tenth of the text, and writes `model.pt` and
`metrics.json` to --output.
"""

# mypy: untyped-calls-exclude=torch

from __future__ import annotations

import argparse
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


SIZES = {"tiny": (2, 128, 2), "mini": (4, 256, 4), "small": (4, 512, 8), "base": (12, 768, 12), "large": (24, 1024, 16)}
"""Layers, width and attention heads."""

CLS, SEP, MASK, VOCABULARY = 256, 257, 258, 259
IGNORED = -100
"""The label of a byte that is not to be guessed, as `cross_entropy` knows it."""


def between(kind: Callable[[str], float], least: float, most: float) -> Callable[[str], float]:
    """A checker of numbers for argparse."""

    def check(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    check.__name__ = kind.__name__  # argparse names it where the text is no number at all
    return check


def existing(text: str) -> Path:
    """A path for argparse that leads somewhere."""
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"{text} does not exist")
    return Path(text)


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(description="Train a BERT from scratch on the bytes of a text.")
    flags.add_argument("--text", type=existing, default=None, help="a text file; Python's own reference if not given")
    flags.add_argument("--size", choices=list(SIZES), default="tiny", help="layers, width and heads of the encoder")
    flags.add_argument("--steps", type=between(int, 1, 10_000_000), default=1000, help="optimiser steps")
    flags.add_argument("--batch-size", type=between(int, 1, 65_536), default=16, help="sequences per step and rank")
    flags.add_argument("--length", type=between(int, 8, 8192), default=128, help="bytes the model sees at once")
    flags.add_argument("--mask", type=between(float, 0.01, 0.9), default=0.15, help="share of bytes to be guessed")
    flags.add_argument("--dropout", type=between(float, 0, 0.9), default=0.1, help="share of activations dropped")
    flags.add_argument("--lr", type=between(float, 1e-7, 1), default=5e-4, help="highest learning rate of AdamW")
    flags.add_argument("--eval-every", type=between(int, 1, 10_000_000), default=250, help="steps between validations")
    flags.add_argument("--seed", type=between(int, 0, 2**31), default=0, help="for weights, batches and masks")
    flags.add_argument("--threads", type=between(int, 1, 1024), default=1, help="CPU threads per rank")
    flags.add_argument("--output", type=Path, default=Path(os.environ.get("TENSORFLEET_OUTPUT_DIR") or "."))
    return flags


def read_bytes(path: Path | None) -> bytes:
    if path is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name] for name in sorted(topics)).encode()
    try:
        return path.read_bytes()
    except OSError as error:
        parser().error(f"--text {path} cannot be read: {error}")


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


class Bert(nn.Module):
    """Token ids, (batch, length), to logits over the vocabulary at each place, (batch, length, VOCABULARY)."""

    def __init__(self, size: str, length: int, dropout: float) -> None:
        super().__init__()
        layers, width, heads = SIZES[size]
        self.tokens, self.positions = nn.Embedding(VOCABULARY, width), nn.Embedding(length, width)
        # BERT tells a first sentence from a second by an embedding; here is one only, learned all the same.
        self.segment = nn.Parameter(torch.zeros(width))
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), nn.Dropout(dropout)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout, activation="gelu", layer_norm_eps=1e-12, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width, eps=1e-12))
        self.bias = nn.Parameter(torch.zeros(VOCABULARY))
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        embedded = self.drop(self.norm(self.tokens(ids) + self.positions(places) + self.segment))
        return F.linear(self.head(self.encoder(embedded)), self.tokens.weight, self.bias)


def draw(ids: Tensor, args: argparse.Namespace, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch of random windows with some bytes to be guessed, and the labels: the byte there, IGNORED elsewhere.

    Of the chosen bytes 80 % are masked, 10 % are replaced by a random byte and 10 % stay (Devlin et al., section 3.1).
    """
    span = args.length - 2
    starts = torch.randint(len(ids) - span, (args.batch_size, 1), generator=chance)
    windows = ids[starts + torch.arange(span)]
    fate = torch.rand(windows.shape, generator=chance) / args.mask
    fate = fate.where(fate > fate.amin(1, keepdim=True), 0.0)  # one at least, or a short batch would ask nothing
    labels = windows.where(fate < 1, IGNORED)
    masked = windows.masked_fill(fate < 0.8, MASK)
    random = torch.randint(256, windows.shape, generator=chance)
    masked = masked.where((fate < 0.8) | (fate >= 0.9), random)
    return F.pad(F.pad(masked, (1, 0), value=CLS), (0, 1), value=SEP), F.pad(labels, (1, 1), value=IGNORED)


@torch.inference_mode()
def validate(model: nn.Module, ids: Tensor, args: argparse.Namespace, device: torch.device) -> tuple[float, float]:
    """Mean loss, and the share of bytes guessed right, over the same 20 batches each time."""
    model.eval()
    chance, total, right, asked = torch.Generator().manual_seed(args.seed), 0.0, 0, 0
    for _ in range(20):
        x, y = draw(ids, args, chance)
        y = y.to(device)
        logits = model(x.to(device))
        total += F.cross_entropy(logits.flatten(0, 1), y.flatten()).item()
        right += int((logits.argmax(-1) == y).sum())
        asked += int((y != IGNORED).sum())
    model.train()
    return total / 20, right / max(1, asked)


def main() -> None:
    flags = parser()
    args = flags.parse_args()
    data = read_bytes(args.text)
    if len(data) < 20 * args.length:
        flags.error(f"the text has {len(data)} bytes; --length {args.length} needs {20 * args.length}")
    started = time.monotonic()
    rank, world, device = join_gang(args.threads)
    ids = torch.frombuffer(bytearray(data), dtype=torch.uint8).long()
    train, held_back = ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :]

    torch.manual_seed(args.seed)  # before the model: the same weights on every rank
    plain = Bert(args.size, args.length, args.dropout).to(device)
    model = DistributedDataParallel(plain) if world > 1 else plain
    decayed = [weight for weight in plain.parameters() if weight.dim() > 1]
    others = [weight for weight in plain.parameters() if weight.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.lr, eps=1e-6)
    chance = torch.Generator()
    run = init()
    state: dict[str, Any] = {"model": plain, "optimizer": optimizer}
    found = run.checkpoint.load(state) if run.job_id else None  # outside of a fleet it begins anew
    first = found.step + 1 if found else 0
    warmup, val_loss, accuracy = max(1, args.steps // 10), math.nan, math.nan
    mixed = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if rank == 0:
        size = sum(weight.numel() for weight in plain.parameters())
        print(f"{len(data)} bytes; {size} parameters; {world} ranks", flush=True)
    for step in range(first, args.steps):
        # Each step has a seed of its own, so that a run that goes on from a checkpoint draws what it would have drawn.
        torch.manual_seed(args.seed + step * world + rank)
        chance.manual_seed(args.seed + step * world + rank)
        # Linear warm-up, then a straight fall to nothing.
        scale = min((step + 1) / warmup, (args.steps - step) / max(1, args.steps - warmup))
        for group in optimizer.param_groups:
            group["lr"] = args.lr * scale
        x, y = draw(train, args, chance)
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            loss = F.cross_entropy(model(x.to(device)).flatten(0, 1), y.to(device).flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        last = step + 1 == args.steps
        if step % 10 == 0 or last:
            value = loss.item()
            if not math.isfinite(value):
                sys.exit(f"The loss is {value} at step {step}: try a lower --lr than {args.lr}.")
            log(loss=value, lr=args.lr * scale, step=step)
        if run.job_id and not last:
            if run.checkpoint.due():
                run.checkpoint.save(state, step, metric={"loss": loss.item()})
            if run.should_stop():
                return
        if rank == 0 and ((step + 1) % args.eval_every == 0 or last):
            val_loss, accuracy = validate(plain, held_back, args, device)
            log(val_loss=val_loss, accuracy=accuracy, step=step)
            report = f"loss {loss.item():.4f}  val_loss {val_loss:.4f}  accuracy {accuracy:.4f}"
            print(f"step {step + 1}/{args.steps}  {report}", flush=True)

    if rank == 0:
        args.output.mkdir(parents=True, exist_ok=True)
        torch.save({"model": plain.state_dict(), "size": args.size, "length": args.length}, args.output / "model.pt")
        result = {"loss": loss.item(), "val_loss": val_loss, "accuracy": accuracy, "steps": args.steps}
        result["seconds"] = time.monotonic() - started
        (args.output / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
