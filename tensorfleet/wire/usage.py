"""The JSON of usage reports. Times are seconds since 1970 (UTC), spans are seconds unless they say hours."""

from __future__ import annotations

import msgspec


class UsageRow(msgspec.Struct, frozen=True):
    """`name`: a user, a team, a model of GPU, or the id of a job. `efficiency`: part of what is over that was not lost
    to failures, and `mean_wait`, `p90_wait`: of jobs first placed within; null where there is none."""

    name: str
    gpu_hours: float
    slot_hours: float
    useful_hours: float
    lost_hours: float
    efficiency: float | None
    jobs: int
    mean_wait: float | None
    p90_wait: float | None


class UsageView(msgspec.Struct, frozen=True):
    by: str
    since: float
    until: float
    items: list[UsageRow]
