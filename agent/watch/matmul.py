"""What a GPU under test computes: `python matmul.py`, with that GPU as the only visible one.

A program of its own, so that a card that hangs or kills takes nothing with it: the standard library, and torch where
it is installed. Ends with 0 if every result was right, with 77 where CUDA cannot be used from here, and otherwise
with a reason on its standard output. Small whole numbers, so that every sum is exact in whatever format.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

SIZE, ROUNDS, UNUSABLE = 4096, 50, 77


def main() -> int:
    try:
        torch: Any = importlib.import_module("torch")
    except (ImportError, OSError):
        return UNUSABLE
    if not torch.cuda.is_available():
        return UNUSABLE
    found = wrong("cuda", SIZE, ROUNDS)
    sys.stdout.write(found)
    return 1 if found else 0


def wrong(device: str, size: int, rounds: int) -> str:
    """What is wrong with products of matrices on `device`, in words; empty if nothing is."""
    torch: Any = importlib.import_module("torch")
    torch.manual_seed(7)
    left, right = (torch.randint(-8, 9, (size, size)).float() for _ in range(2))
    known = (left[:64].double() @ right.double()).float()
    on_left, on_right = left.to(device), right.to(device)
    first = on_left @ on_right
    if not torch.equal(first[:64].cpu(), known):
        return "a product of matrices is wrong"
    if not all(torch.equal(on_left @ on_right, first) for _ in range(rounds)):
        return "the same product of matrices came out differently"
    return ""


if __name__ == "__main__":
    sys.exit(main())
