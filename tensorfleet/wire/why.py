"""What REST says about jobs that wait. Times are unix seconds, everything absent is null."""

from __future__ import annotations

import msgspec

from tensorfleet.core.job import JobState
from tensorfleet.wire.rest import ShareView


class HolderView(msgspec.Struct, frozen=True):
    """Who has what a job waits for; job, name and owner are empty where they are not the reader's to know. since,
    until: unix seconds; `until` by its limit, null without one."""

    job: str
    name: str
    owner: str
    team: str
    ranks: int
    nodes: tuple[str, ...]
    since: float
    until: float | None


class EtaView(msgspec.Struct, frozen=True):
    """When a job will start, in unix seconds, or null where nothing can be said. not_before, likely, late: with a
    probability of 10, 50 and 90 %. no_later_than: by limits alone, while no node fails, nobody of a higher class comes
    and no administrator acts."""

    not_before: float | None
    likely: float | None
    late: float | None
    no_later_than: float | None


class RemedyView(msgspec.Struct, frozen=True):
    """A change with which the job would start now, tried by the planner. options: of `tensorfleet run`. max_duration:
    in seconds. fields: of the job file, by their full names, like `resources.gpu`; null for those to be left out."""

    text: str
    options: tuple[str, ...]
    max_duration: float | None
    fields: dict[str, str | int | bool | dict[str, str] | None] = {}


class WhyView(msgspec.Struct, frozen=True):
    """What a job waits for: a code of the closed set, a sentence with its numbers, and the job's place in the queue
    from 1."""

    state: JobState
    code: str
    text: str
    hint: str
    position: int | None
    numbers: dict[str, float] = {}
    holders: list[HolderView] = []
    eta: EtaView | None = None
    remedy: RemedyView | None = None


class PlanView(msgspec.Struct, frozen=True):
    """What would become of a job submitted now."""

    starts_now: bool
    code: str
    text: str
    hint: str
    placement: tuple[ShareView, ...]
    numbers: dict[str, float] = {}
    holders: list[HolderView] = []
    eta: EtaView | None = None
    remedy: RemedyView | None = None
