"""Why a job waits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WaitCode(StrEnum):
    """Why a job waits; a closed set."""

    HELD = "HELD"
    DEPENDENCY = "DEPENDENCY"
    BACKOFF = "BACKOFF"
    ARRAY = "ARRAY"
    NO_NODES = "NO_NODES"
    IMPOSSIBLE = "IMPOSSIBLE"
    GROUP_CAP = "GROUP_CAP"
    NO_CAPACITY = "NO_CAPACITY"
    RESERVED = "RESERVED"
    BEHIND = "BEHIND"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Wait:
    """position: place in the queue, from 1; 0 for none."""

    code: WaitCode
    text: str
    hint: str = ""
    position: int = 0
