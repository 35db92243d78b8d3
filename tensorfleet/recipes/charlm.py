"""A small GPT that learns a text character by character.

    python charlm.py --text shakespeare.txt
    torchrun --nproc-per-node 2 charlm.py --steps 500
    tensorfleet run --recipe charlm -p text=/data/shakespeare.txt --gpus 2

The decoder of GPT-2 (Radford et al. 2019: pre-norm blocks, learned positions, tied embedding, scaled initialisation) in
plain torch; the default size is nanoGPT's for a CPU. Without --text it learns the English of Python's own reference,
which is in every Python. Each rank draws its own batches and logs its loss (nats per character); rank 0 validates on
the last tenth of the text, and writes `model.pt`, `metrics.json` and `sample.txt` to --output.
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
    flags = argparse.ArgumentParser(description="Train a small GPT on the characters of a text.")
    flags.add_argument(
        "--text", type=existing, default=None, help="a UTF-8 text file; Python's own reference if not given"
    )
    flags.add_argument("--steps", type=between(int, 1, 10_000_000), default=2000, help="optimiser steps")
    flags.add_argument("--batch-size", type=between(int, 1, 65_536), default=12, help="sequences per step and rank")
    flags.add_argument("--context", type=between(int, 2, 65_536), default=64, help="characters the model sees at once")
    flags.add_argument("--layers", type=between(int, 1, 200), default=4, help="transformer blocks")
    flags.add_argument("--heads", type=between(int, 1, 256), default=4, help="attention heads; a divisor of --width")
    flags.add_argument("--width", type=between(int, 1, 65_536), default=128, help="size of the embedding")
    flags.add_argument("--dropout", type=between(float, 0, 0.9), default=0.0, help="share of activations dropped")
    flags.add_argument("--lr", type=between(float, 1e-7, 1), default=1e-3, help="highest learning rate of AdamW")
    flags.add_argument("--eval-every", type=between(int, 1, 10_000_000), default=250, help="steps between validations")
    flags.add_argument("--sample", type=between(int, 0, 100_000), default=300, help="characters to write at the end")
    flags.add_argument("--seed", type=between(int, 0, 2**31), default=0, help="for weights, batches and the sample")
    flags.add_argument("--threads", type=between(int, 1, 1024), default=1, help="CPU threads per rank")
    flags.add_argument("--output", type=Path, default=Path(os.environ.get("TENSORFLEET_OUTPUT_DIR") or "."))
    return flags


def read_text(path: Path | None) -> str:
    if path is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name] for name in sorted(topics))
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        parser().error(f"--text {path} cannot be read as UTF-8 text: {error}")


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


class Block(nn.Module):
    """Attention and a feed-forward layer, each behind a norm and added to what came in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.grow, self.shrink = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        # (batch, length, 3 * width) -> three of (batch, heads, length, width / heads)
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)
        x = x + self.drop(self.out(seen.transpose(1, 2).reshape(batch, length, width)))
        return torch.add(x, self.drop(self.shrink(F.gelu(self.grow(self.norm2(x)), approximate="tanh"))))


class GPT(nn.Module):
    """Token ids, (batch, length), to logits of the next one, (batch, length, vocabulary)."""

    def __init__(self, vocabulary: int, context: int, layers: int, heads: int, width: int, dropout: float) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:  # GPT-2: what writes into the residual stream is scaled down by its depth
                depth = math.sqrt(2 * layers) if name.endswith(("out.weight", "shrink.weight")) else 1.0
                nn.init.normal_(weight, std=0.02 / depth)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.drop(self.tokens(ids) + self.positions(places))
        return F.linear(self.norm(self.blocks(x)), self.tokens.weight)


def draw(ids: Tensor, args: argparse.Namespace, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch of random windows and the same windows one character on."""
    starts = torch.randint(len(ids) - args.context, (args.batch_size, 1), generator=chance)
    windows = ids[starts + torch.arange(args.context + 1)]
    return windows[:, :-1], windows[:, 1:]


@torch.inference_mode()
def validate(model: nn.Module, ids: Tensor, args: argparse.Namespace, device: torch.device) -> float:
    """Mean loss over the same 50 batches each time."""
    model.eval()
    chance, total = torch.Generator().manual_seed(args.seed), 0.0
    for _ in range(50):
        x, y = draw(ids, args, chance)
        total += F.cross_entropy(model(x.to(device)).flatten(0, 1), y.to(device).flatten()).item()
    model.train()
    return total / 50


@torch.inference_mode()
def write(model: nn.Module, letters: list[str], args: argparse.Namespace, device: torch.device) -> str:
    """`--sample` characters, drawn one after the other from the model's own predictions."""
    model.eval()
    chance = torch.Generator().manual_seed(args.seed)
    ids = torch.zeros((1, 1), dtype=torch.long)
    for _ in range(args.sample):
        odds = model(ids[:, -args.context :].to(device))[0, -1].softmax(-1).cpu()
        ids = torch.cat([ids, torch.multinomial(odds, 1, generator=chance)[None]], dim=1)
    return "".join(letters[i] for i in ids[0, 1:])


def main() -> None:
    flags = parser()
    args = flags.parse_args()
    if args.width % args.heads:
        flags.error(f"--width {args.width} is not a multiple of --heads {args.heads}")
    text = read_text(args.text)
    if len(text) < 20 * (args.context + 1):
        flags.error(f"the text has {len(text)} characters; --context {args.context} needs {20 * (args.context + 1)}")
    started = time.monotonic()
    rank, world, device = join_gang(args.threads)
    letters = sorted(set(text))
    number = {letter: i for i, letter in enumerate(letters)}
    ids = torch.tensor([number[letter] for letter in text])
    train, held_back = ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :]

    torch.manual_seed(args.seed)  # before the model: the same weights on every rank
    plain = GPT(len(letters), args.context, args.layers, args.heads, args.width, args.dropout).to(device)
    model = DistributedDataParallel(plain) if world > 1 else plain
    decayed = [weight for weight in plain.parameters() if weight.dim() > 1]
    others = [weight for weight in plain.parameters() if weight.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.99))
    chance = torch.Generator()
    run = init()
    state: dict[str, Any] = {"model": plain, "optimizer": optimizer}
    found = run.checkpoint.load(state) if run.job_id else None  # outside of a fleet it begins anew
    first = found.step + 1 if found else 0
    warmup, val_loss = max(1, args.steps // 20), math.nan
    mixed = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if rank == 0:
        size = sum(weight.numel() for weight in plain.parameters())
        print(f"{len(text)} characters, {len(letters)} different; {size} parameters; {world} ranks", flush=True)
    for step in range(first, args.steps):
        # Each step has a seed of its own, so that a run that goes on from a checkpoint draws what it would have drawn.
        torch.manual_seed(args.seed + step * world + rank)
        chance.manual_seed(args.seed + step * world + rank)
        # Linear warm-up, then a half cosine down to a tenth.
        progress = min(1.0, (step + 1) / warmup)
        fall = 0.55 + 0.45 * math.cos(math.pi * max(0, step - warmup) / max(1, args.steps - warmup))
        for group in optimizer.param_groups:
            group["lr"] = args.lr * progress * fall
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
            log(loss=value, lr=args.lr * progress * fall, step=step)
        if run.job_id and not last:
            if run.checkpoint.due():
                run.checkpoint.save(state, step, metric={"loss": loss.item()})
            if run.should_stop():
                return
        if rank == 0 and ((step + 1) % args.eval_every == 0 or last):
            val_loss = validate(plain, held_back, args, device)
            log(val_loss=val_loss, step=step)
            print(f"step {step + 1}/{args.steps}  loss {loss.item():.4f}  val_loss {val_loss:.4f}", flush=True)

    if rank == 0:
        seconds = time.monotonic() - started
        args.output.mkdir(parents=True, exist_ok=True)
        torch.save({"model": plain.state_dict(), "letters": letters}, args.output / "model.pt")
        result = {"loss": loss.item(), "val_loss": val_loss, "steps": args.steps, "seconds": seconds}
        (args.output / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")
        sample = write(plain, letters, args, device)
        (args.output / "sample.txt").write_text(sample, encoding="utf-8")
        print(f"--- the model writes:\n{sample}", flush=True)
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
