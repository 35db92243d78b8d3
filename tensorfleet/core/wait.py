"""Why a job waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class WaitCode(StrEnum):
    """Why a job waits; a closed set. The first that applies is told."""

    HELD = "HELD"
    DEPENDENCY = "DEPENDENCY"
    BACKOFF = "BACKOFF"
    ARRAY = "ARRAY"
    NO_NODES = "NO_NODES"
    IMPOSSIBLE = "IMPOSSIBLE"
    DRAIN = "DRAIN"
    GROUP_CAP = "GROUP_CAP"
    MAKING_ROOM = "MAKING_ROOM"
    NO_CAPACITY = "NO_CAPACITY"
    BACKFILL_TOO_LONG = "BACKFILL_TOO_LONG"
    RESERVED = "RESERVED"
    BEHIND = "BEHIND"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Holder:
    """A job that has what another waits for. since, until: unix seconds; `until` by its limit, None without one."""

    job: str
    name: str
    owner: str
    team: str
    ranks: int
    nodes: tuple[str, ...]
    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Wait:
    """position: place in the queue, from 1; 0 for none. numbers: those of the text, by name. holders: who has what it
    waits for, the largest first."""

    code: WaitCode
    text: str
    hint: str = ""
    position: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)
    holders: tuple[Holder, ...] = ()
