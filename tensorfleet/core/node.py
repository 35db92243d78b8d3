"""A node: one machine with an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class NodeState(StrEnum):
    """PENDING asks to join; UNREACHABLE was heard within memory but not within the lease."""

    PENDING = "pending"
    ONLINE = "online"
    UNREACHABLE = "unreachable"
    DRAINING = "draining"
    DRAINED = "drained"
    OFFLINE = "offline"


class GpuState(StrEnum):
    FREE = "free"
    HELD = "held"
    DIRTY = "dirty"
    FOREIGN = "foreign"
    SICK = "sick"


class Fill(StrEnum):
    """How full a disk is: a FULL one takes nothing new."""

    OK = "ok"
    LOW = "low"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Gpu:
    """uuid: the identity (an index moves when a card falls off the bus); memory: bytes. state: as its node sees it, so
    never HELD; note: why it is not FREE."""

    uuid: str
    index: int
    model: str
    memory: int
    state: GpuState = GpuState.FREE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Strike:
    """A job that this node failed, when (seconds, the head's clock), and how."""

    job: str
    at: float
    error: str


@dataclass(frozen=True, slots=True)
class Node:
    """id: derived from the node's key; name: unique in the fleet.

    addresses: where ranks on other nodes reach this one, best first. machine: the boot id, equal for two
    agents on one machine. drain: it is to get no new work. strikes: the last jobs it failed. labels: what it is
    labelled with; relabelled: those of them that people set, or took away (null), whatever its agent says.
    disk: how full that of its agent's data is.
    """

    id: str
    name: str
    hostname: str = ""
    machine: str = ""
    addresses: tuple[str, ...] = ()
    version: str = ""
    slots: int = 0
    cpus: float = 0.0
    memory: int = 0
    gpus: tuple[Gpu, ...] = ()
    joined: float = 0.0
    drain: bool = False
    containment: str = ""
    strikes: tuple[Strike, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    relabelled: Mapping[str, str | None] = field(default_factory=dict)
    disk: Fill = Fill.OK

    def label(self, name: str) -> str | None:
        """What it is labelled with under `name`; under `node` that is its own name where nobody said otherwise."""
        return self.labels.get(name, self.name if name == "node" else None)
