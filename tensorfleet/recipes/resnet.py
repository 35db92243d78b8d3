"""A ResNet trained from scratch on a folder of images.

    python resnet.py --images photos --depth 18
    torchrun --nproc-per-node 8 resnet.py --images /data/imagenet --depth 50 --image-size 224 --epochs 90
    tensorfleet run --recipe resnet -p images=/data/photos --gpus 8

ResNet-18, -34 and -50 (He et al. 2015, with the stride of the bottleneck in its 3 x 3 layer) in plain torch. The folder
has one sub-directory a class, or `train` and `val` with one a class each; without `val`, a tenth is held back.
Without --images it learns scikit-learn's 1,797 real handwritten digits, enlarged. Mixed precision on CUDA. Each rank
logs its loss; rank 0 logs the accuracy and writes `model.pt` and `metrics.json` to --output.
"""

# mypy: untyped-calls-exclude=torch

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import math
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.distributed as dist
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Subset

try:
    from tensorfleet import init, log
except ImportError:  # copied out, and run where TensorFleet is not installed

    def init() -> Any:  # type: ignore[misc]  # only what is used below
        """A run outside of every fleet."""
        return SimpleNamespace(job_id="", should_stop=lambda: False)

    def log(metrics: Mapping[str, Any] | None = None, /, *, step: Any = None, **values: Any) -> None:
        """Nobody to tell."""


DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"}


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
    flags = argparse.ArgumentParser(description="Train a ResNet from scratch on a folder of images.")
    flags.add_argument("--images", type=existing, default=None, help="a folder, one sub-directory a class; else digits")
    flags.add_argument("--depth", type=int, choices=list(DEPTHS), default=18, help="layers of the network")
    flags.add_argument("--image-size", type=between(int, 32, 1024), default=64, help="pixels a side")
    flags.add_argument("--limit", type=between(int, 0, 2**31), default=0, help="use this many images only; 0 for all")
    flags.add_argument("--epochs", type=between(int, 1, 10_000), default=5, help="passes over the images")
    flags.add_argument("--batch-size", type=between(int, 2, 65_536), default=32, help="images per step and rank")
    flags.add_argument("--lr", type=between(float, 1e-6, 10), default=0.05, help="highest learning rate of SGD")
    flags.add_argument("--flip", choices=["yes", "no"], default="no", help="mirror half of the training images")
    flags.add_argument("--workers", type=between(int, 0, 256), default=0, help="processes per rank that read images")
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


class Images(Dataset[tuple[Tensor, int]]):
    """Pictures as (3, size, size) tensors around zero. Training crops at random, and mirrors where `flip` says so."""

    def __init__(self, sources: list[tuple[Path | Image.Image, int]], size: int, train: bool, flip: bool) -> None:
        self.sources, self.size, self.train, self.flip = sources, size, train, flip

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        source, label = self.sources[index]
        try:
            image = (Image.open(source) if isinstance(source, Path) else source).convert("RGB")
        except OSError as error:
            raise ValueError(f"{source} cannot be read as an image: {error}") from None
        # The largest square within (at evaluation) or one of 80 to 100 % of its side (in training).
        side = min(image.size) * (random.uniform(0.8, 1.0) if self.train else 1.0)
        x, y = (random.random() if self.train else 0.5 for _ in range(2))
        left, top = (image.width - side) * x, (image.height - side) * y
        square = (self.size, self.size)
        image = image.resize(square, Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
        if self.train and self.flip and random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return pixels.reshape(self.size, self.size, 3).permute(2, 0, 1) / 127.5 - 1, label


def read_digits() -> list[tuple[Path | Image.Image, int]]:
    """Read from the file inside scikit-learn without importing it, which would double the time to the first step."""
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        sys.exit("Without --images this recipe reads the digits of scikit-learn: pip install scikit-learn")
    with gzip.open(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        rows = [[int(float(value)) for value in line.split(",")] for line in file]
    return [(Image.frombytes("L", (8, 8), bytes(min(255, 16 * v) for v in row[:64])), row[64]) for row in rows]


def read_folder(folder: Path, classes: list[str]) -> list[tuple[Path | Image.Image, int]]:
    found = [(path, label) for label, name in enumerate(classes) for path in sorted((folder / name).rglob("*"))]
    return [(path, label) for path, label in found if path.suffix.lower() in SUFFIXES]


def load(args: argparse.Namespace) -> tuple[Images, Images, list[str]]:
    """Images to train on, images to validate on, and the classes' names. Exits with a sentence where there are none."""
    split = args.images is not None and (args.images / "train").is_dir() and (args.images / "val").is_dir()
    held_back: list[tuple[Path | Image.Image, int]] = []
    if args.images is None:
        classes, sources = [str(digit) for digit in range(10)], read_digits()
    else:
        root = args.images / "train" if split else args.images
        if not root.is_dir():
            parser().error(f"--images {root} is not a directory")
        classes = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
        sources = read_folder(root, classes)
        held_back = read_folder(args.images / "val", classes) if split else []
        if len(classes) < 2 or len(sources) < 2:
            parser().error(
                f"--images {root} has {len(classes)} classes and {len(sources)} images; two of each are needed"
            )
    random.Random(args.seed).shuffle(sources)
    sources = sources[: args.limit or None]
    if not held_back:
        tenth = max(1, len(sources) // 10)
        held_back, sources = sources[:tenth], sources[tenth:]
    flip = args.flip == "yes"
    return Images(sources, args.image_size, True, flip), Images(held_back, args.image_size, False, flip), classes


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return [layer, nn.BatchNorm2d(outputs)]


class Block(nn.Module):
    """Two 3 x 3 layers, or 1 x 1, 3 x 3, 1 x 1 where it is a bottleneck, added to what came in."""

    def __init__(self, inputs: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        outputs = 4 * width if bottleneck else width
        if bottleneck:
            layers = [*convolution(inputs, width, 1), nn.ReLU(), *convolution(width, width, 3, stride), nn.ReLU()]
            layers += convolution(width, outputs, 1)
        else:
            layers = [*convolution(inputs, width, 3, stride), nn.ReLU(), *convolution(width, width, 3)]
        nn.init.zeros_(layers[-1].get_parameter("weight"))  # starts as the identity: Goyal et al. 2017
        same = stride == 1 and inputs == outputs
        self.body = nn.Sequential(*layers)
        self.skip = nn.Identity() if same else nn.Sequential(*convolution(inputs, outputs, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.skip(x))


def resnet(depth: int, classes: int) -> nn.Module:
    bottleneck = depth >= 50
    layers = [*convolution(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)]
    inputs = 64
    for stage, blocks in enumerate(DEPTHS[depth]):
        width = 64 * 2**stage
        for block in range(blocks):
            layers.append(Block(inputs, width, 2 if stage and not block else 1, bottleneck))
            inputs = 4 * width if bottleneck else width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


@torch.inference_mode()
def validate(
    model: nn.Module, batches: DataLoader[tuple[Tensor, int]], device: torch.device, half: torch.dtype
) -> tuple[int, int]:
    """How many images are put into the right class, of how many."""
    model.eval()
    right = asked = 0
    for images, labels in batches:
        with torch.autocast(device.type, half, enabled=device.type == "cuda"):
            guesses = model(images.to(device, memory_format=torch.channels_last)).argmax(1).cpu()
        right += int((guesses == labels).sum())
        asked += len(labels)
    model.train()
    return right, asked


def main() -> None:
    args = parser().parse_args()
    started = time.monotonic()
    train, held_back, classes = load(args)
    rank, world, device = join_gang(args.threads)
    batch_size = min(args.batch_size, len(train) // world)
    if batch_size < 2:
        parser().error(f"{len(train)} images to train on are too few for {world} ranks")
    sampler: DistributedSampler[tuple[Tensor, int]] = DistributedSampler(
        train, world, rank, seed=args.seed, drop_last=True
    )
    batches = DataLoader(train, batch_size, sampler=sampler, num_workers=args.workers, drop_last=True)
    share = Subset(held_back, range(rank, len(held_back), world))
    held_back_batches = DataLoader(share, args.batch_size, num_workers=args.workers)

    torch.manual_seed(args.seed)  # before the network: the same weights on every rank
    plain = resnet(args.depth, len(classes)).to(device)
    plain.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's annotations leave it out
    model = DistributedDataParallel(plain) if world > 1 else plain
    decayed = [weight for weight in plain.parameters() if weight.dim() > 1]
    others = [weight for weight in plain.parameters() if weight.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 1e-4}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True)
    mixed = device.type == "cuda"
    half = torch.bfloat16 if mixed and torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    scaler = torch.amp.GradScaler("cuda", enabled=mixed and half == torch.float16)
    if rank == 0:
        print(f"{len(train)} images of {len(classes)} classes, {len(held_back)} held back; {world} ranks", flush=True)
    run = init()
    state: dict[str, Any] = {"model": plain, "optimizer": optimizer, "scaler": scaler, "total": 0.0}
    found = run.checkpoint.load(state) if run.job_id else None  # outside of a fleet it begins anew
    steps, step, accuracy = args.epochs * len(batches), found.step + 1 if found else 0, 0.0
    for epoch in range(args.epochs):
        behind = step - epoch * len(batches)
        if behind > len(batches):
            continue
        # Each epoch and rank crops by a seed of its own: what goes on from a checkpoint sees what it would have seen.
        random.seed(args.seed + epoch * world + rank)
        torch.manual_seed(args.seed + epoch * world + rank)
        sampler.set_epoch(epoch)
        total, began = state["total"] if behind else 0.0, time.monotonic()
        for images, labels in islice(batches, behind, None):
            # Linear warm-up over a tenth, then a half cosine down to nothing.
            lr = args.lr * min((step + 1) / (0.1 * steps), 0.5 + 0.5 * math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = lr
            images = images.to(device, memory_format=torch.channels_last)
            with torch.autocast(device.type, half, enabled=mixed):
                loss = F.cross_entropy(model(images), labels.to(device), label_smoothing=0.1)
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            value = loss.item()
            if not math.isfinite(value):
                sys.exit(f"The loss is {value} at step {step}: try a lower --lr than {args.lr}.")
            log(loss=value, lr=lr, step=step)
            total += value
            state["total"] = total
            if run.job_id and run.checkpoint.due():
                run.checkpoint.save(state, step, metric={"loss": value})
            if run.should_stop():
                return
            step += 1
        rate = (len(batches) - behind) * batch_size * world / (time.monotonic() - began)
        score = torch.tensor(validate(plain, held_back_batches, device, half), dtype=torch.float64, device=device)
        if world > 1:
            dist.all_reduce(score)
        if rank == 0:
            accuracy = (score[0] / score[1]).item()
            log(accuracy=accuracy, images_per_second=rate, epoch=epoch + 1, step=step - 1)
            report = f"loss {total / len(batches):.4f}  accuracy {accuracy:.4f}  {rate:.0f} images/s"
            print(f"epoch {epoch + 1}/{args.epochs}  {report}", flush=True)

    if rank == 0:
        args.output.mkdir(parents=True, exist_ok=True)
        torch.save({"model": plain.state_dict(), "depth": args.depth, "classes": classes}, args.output / "model.pt")
        result = {"accuracy": accuracy, "epochs": args.epochs, "steps": step, "seconds": time.monotonic() - started}
        (args.output / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
