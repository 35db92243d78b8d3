"""Small agreements between the ranks of a gang, over a Gloo group of their own.

A group of its own, because what two threads say over one would get mixed up, and Gloo because it needs no GPU.
"""

# mypy: untyped-calls-exclude=torch

from __future__ import annotations

from datetime import timedelta
from typing import Any, List

PATIENCE = timedelta(minutes=15)
"""How long a rank waits for the others: the slowest disk, and not for ever."""


def gang_size() -> int:
    """How many ranks have met in this process's torch.distributed; 1 where there is none."""
    try:
        import torch.distributed as dist
    except ImportError:
        return 1
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


class Accord:
    """All ranks make one at the same place in their program, and call the same methods in the same order."""

    def __init__(self) -> None:
        self.size = gang_size()
        self.rank = 0
        self.group: Any = None
        if self.size > 1:
            import torch.distributed as dist

            self.group = dist.new_group(backend="gloo", timeout=PATIENCE)
            self.rank = dist.get_rank()

    def gather(self, mine: Any) -> List[Any]:
        """What every rank gave, by rank."""
        if self.size == 1:
            return [mine]
        import torch.distributed as dist

        everybody: List[Any] = [None] * self.size
        dist.all_gather_object(everybody, mine, group=self.group)
        return everybody

    def first(self, mine: Any) -> Any:
        """What rank 0 gave."""
        if self.size == 1:
            return mine
        import torch.distributed as dist

        said = [mine]
        dist.broadcast_object_list(said, src=0, group=self.group)
        return said[0]

    def numbers(self, *mine: float) -> List[float]:
        """The numbers of rank 0; one small message, for what is asked again and again."""
        if self.size == 1:
            return list(mine)
        import torch
        import torch.distributed as dist

        said = torch.tensor(mine, dtype=torch.float64)
        dist.broadcast(said, src=0, group=self.group)
        return [float(number) for number in said.tolist()]

    def any(self, mine: bool) -> bool:
        """Whether any rank says so."""
        if self.size == 1:
            return mine
        import torch
        import torch.distributed as dist

        said = torch.tensor([float(mine)])
        dist.all_reduce(said, op=dist.ReduceOp.MAX, group=self.group)
        return bool(said.item())
