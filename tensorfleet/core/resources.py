"""What a job asks for and what a node has, in ranks, GPUs, slots, cores and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_RANKS = 100_000
"""The largest gang anybody may ask for; over it a request is a mistake, not a wish."""


class Kind(StrEnum):
    """What one rank occupies."""

    GPU = "gpu"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Request:
    """The shape of a gang: `ranks` processes, each on one GPU or one CPU slot.

    nodes: how many nodes exactly, each with `ranks / nodes` ranks; 0 leaves the split to the scheduler.
    min_nodes: an elastic gang runs on as few nodes as this where `nodes` cannot be had, with fewer ranks; 0 for none.
    gpu_model: a GPU whose model name contains this (any case); empty for any.
    cpus: CPU cores for each rank; memory: bytes of host memory for each rank; 0 for no claim.
    """

    kind: Kind = Kind.SLOT
    ranks: int = 1
    nodes: int = 0
    gpu_model: str = ""
    gpu_memory: int = 0
    cpus: float = 0.0
    memory: int = 0
    min_nodes: int = 0

    @property
    def per_node(self) -> int:
        """Ranks on each node where `nodes` is fixed, else 0."""
        return self.ranks // self.nodes if self.nodes else 0


@dataclass(frozen=True, slots=True)
class Free:
    """What a node can still give: slots, GPUs by UUID, cores and bytes."""

    slots: int
    gpus: tuple[str, ...]
    cpus: float
    memory: int
