"""A checkpoint as the head knows it, and what a job wishes done about its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Best(StrEnum):
    """Which value of a metric is the best."""

    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class CheckpointPolicy:
    """every: seconds between the saves that the SDK asks for. keep: how many of the newest stay, and beside them the
    one whose `metric` is best, where one is named. dir: storage that all nodes share, or empty to bring the files to
    the head."""

    every: float = 300.0
    keep: int = 3
    dir: str = ""
    metric: str = ""
    best: Best = Best.MIN


@dataclass(frozen=True, slots=True)
class Part:
    """What the node of rank `node_rank` wrote. digest: of the manifest of its files. size: bytes in them."""

    node_rank: int
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """serial: counts the saves of an attempt; with the attempt it names a checkpoint of a job. step: as the program
    says. at: node's wall clock, seconds. wanted: parts that make it whole. path: where it lies on shared storage;
    empty where the head has its files."""

    attempt: int
    serial: int
    step: int
    at: float
    wanted: int
    parts: tuple[Part, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    path: str = ""

    @property
    def key(self) -> tuple[int, int]:
        return self.attempt, self.serial

    @property
    def whole(self) -> bool:
        return len(self.parts) == self.wanted

    @property
    def size(self) -> int:
        """Bytes in all files that have been reported."""
        return sum(part.size for part in self.parts)
