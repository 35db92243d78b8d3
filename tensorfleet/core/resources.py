"""What a job asks for and what a node has, in ranks, GPUs, slots, cores and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_RANKS = 100_000
"""The largest gang anybody may ask for; over it a request is a mistake, not a wish."""

MAX_LABELS = 32
"""Labels that an agent may tell, that people may change on a node, and that a job may ask for."""


class Kind(StrEnum):
    """What one rank occupies."""

    GPU = "gpu"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Request:
    """The shape of a gang: `ranks` processes, each on one GPU or one CPU slot.

    nodes: how many nodes exactly, each with `ranks / nodes` ranks; 0 leaves the split to the scheduler.
    min_nodes: an elastic gang runs on as few nodes as this where `nodes` cannot be had, with fewer ranks; 0 for none.
    shape: ranks of each node, by node rank, where they differ; then `nodes` and `ranks` are its length and its sum.
    gpu_model: a GPU whose model name contains this (any case, no number cut in two), or one of several such words
    between `|`; empty for any. gpu_memory, gpu_memory_max: bytes a GPU has at least and at most; 0 for no bound.
    cpus: CPU cores for each rank; memory: bytes of host memory for each rank; 0 for no claim.
    labels: what the nodes have to be labelled with, sorted. spread: over as many switches and nodes as can be, not
    packed. apart: of all jobs that give the same word here, no two are on one node at a time; empty for none.
    """

    kind: Kind = Kind.SLOT
    ranks: int = 1
    nodes: int = 0
    gpu_model: str = ""
    gpu_memory: int = 0
    cpus: float = 0.0
    memory: int = 0
    min_nodes: int = 0
    shape: tuple[int, ...] = ()
    gpu_memory_max: int = 0
    labels: tuple[tuple[str, str], ...] = ()
    spread: bool = False
    apart: str = ""

    @property
    def per_node(self) -> int:
        """Ranks on each node where `nodes` is fixed (the fewest, where they differ), else 0."""
        if self.shape:
            return min(self.shape)
        return self.ranks // self.nodes if self.nodes else 0


@dataclass(frozen=True, slots=True)
class Free:
    """What a node can still give: slots, GPUs by UUID, cores and bytes. apart: the words (as in `Request`) of the jobs
    on it, once for each share."""

    slots: int
    gpus: tuple[str, ...]
    cpus: float
    memory: int
    apart: tuple[str, ...] = ()
