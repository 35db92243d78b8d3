"""What teams and users had, as it is kept over a restart of the head."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Used:
    """Weighted rank-seconds by team, and by user (`team/user`), decayed until `at` (unix seconds by the wall)."""

    at: float = 0.0
    teams: dict[str, float] = field(default_factory=dict)
    users: dict[str, float] = field(default_factory=dict)
