"""What the agent asks of a shim, and what it hears from it: values only.

`TaskFile` is one attempt's share of this node. Everything a shim tells is an `Event`; an `ExitReport` is its last
word, and the same on disk (exit.json) as over the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class RankSpec:
    """One process: exactly this command, this environment (plus two markers, see `Ranks.launch`), this directory."""

    rank: int
    local_rank: int
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)  # may hold secrets
    cwd: str

    def document(self) -> dict[str, Any]:
        return {
            "rank": self.rank,
            "local_rank": self.local_rank,
            "argv": list(self.argv),
            "env": dict(self.env),
            "cwd": self.cwd,
        }


@dataclass(frozen=True, slots=True)
class TaskFile:
    """One attempt's share of this node.

    `alloc` names it in the whole fleet; `task_dir` is its directory, empty but for what the agent prepared.
    `log_limit` is in bytes a rank. `kill_siblings_after`: seconds between SIGTERM and SIGKILL for the ranks whose
    sibling failed. `memory_limit`, in bytes for all ranks together, holds only where the containment enforces it.
    """

    alloc: str
    task_dir: Path
    ranks: tuple[RankSpec, ...]
    warm: bool = True
    log_limit: int = 1 << 30
    kill_siblings_after: float = 1.0
    memory_limit: int | None = None

    def document(self) -> dict[str, Any]:
        return {
            "alloc": self.alloc,
            "ranks": [rank.document() for rank in self.ranks],
            "warm": self.warm,
            "log_limit": self.log_limit,
            "kill_siblings_after": self.kill_siblings_after,
            "memory_limit": self.memory_limit,
        }


@dataclass(frozen=True, slots=True)
class RankExit:
    """How one rank ended. Exactly one of `code` and `signal` is set, neither if its end was not seen.

    `error` is a sentence where it could not start (code 126 or 127) or could not be ended. Times: seconds since 1970.
    """

    rank: int
    pid: int
    code: int | None
    signal: int | None
    started: float
    ended: float | None
    error: str
    oom: bool


@dataclass(frozen=True, slots=True)
class ExitReport:
    """How the share ended. `leftover`: pids that SIGKILL did not end in 10 s. `lost`: why no shim saw the end."""

    ranks: tuple[RankExit, ...]
    first_failed: int | None
    stopped: bool
    leftover: tuple[int, ...]
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """Every rank runs. `warm` says that all were forked from a warm worker; `note`, why not."""

    pids: Mapping[int, int]
    warm: bool
    note: str


@dataclass(frozen=True, slots=True)
class LogGrew:
    """`logs/rank-N.log` holds `size` bytes now; `dropped` more came after the limit."""

    rank: int
    size: int
    dropped: int


@dataclass(frozen=True, slots=True)
class RankExited:
    """One rank ended; its log is complete, up to what its own children may still add, at `size` bytes."""

    exit: RankExit
    size: int


@dataclass(frozen=True, slots=True)
class Finished:
    """No process of the share is left (but `leftover`). The last event."""

    result: ExitReport


@dataclass(frozen=True, slots=True)
class ShimLost:
    """The shim ended without a word; what it left was killed. The last event."""

    result: ExitReport


Event = Started | LogGrew | RankExited | Finished | ShimLost
