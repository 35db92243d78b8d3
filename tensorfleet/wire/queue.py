"""The JSON of the queue: its policy, its order, and what people do to it.

Times are seconds, and seconds since 1970 (UTC); everything absent is null.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Value = float | int | str | bool | None


class SettingView(msgspec.Struct, frozen=True):
    """One setting of the policy. `text` is the value as people write it; a cap that is null is none."""

    name: str
    value: Value
    default: Value
    text: str
    default_text: str
    unit: str
    meaning: str


class ChangeView(msgspec.Struct, frozen=True):
    """One setting that was changed, as people write it."""

    name: str
    old: str
    new: str


class PolicyView(msgspec.Struct, frozen=True):
    """`rev` grows with each change, and is 0 while nobody changed anything. `changes`: what this request changed, or
    with `dry_run` would have."""

    rev: int
    settings: list[SettingView]
    changes: list[ChangeView]


class PolicyPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`set`: settings by name; times in seconds or like `3d`. `reset`: names, or parts of them as `teams.vision`, that
    go back to their defaults. All of it is applied or nothing. `dry_run`: nothing is applied. `force`: also where
    somebody holds more than a quota leaves him. `rev`: refused unless the policy is at this revision."""

    set: dict[str, str | int | float | bool | None] = {}
    reset: list[str] = []
    dry_run: bool = False
    force: bool = False
    rev: int | None = None


class PolicyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole policy: what `policy` does not say goes back to its default. It may be nested, as in
    `{"teams": {"vision": {"share": 3}}}`, or have names with dots. The others as in a PATCH."""

    policy: dict[str, Any]
    dry_run: bool = False
    force: bool = False
    rev: int | None = None


class QueueEntry(msgspec.Struct, frozen=True, rename={"job_class": "class"}):
    """A job that waits. `position` counts from 1 over all teams; `ranks`: GPUs or slots that it asks for; `since`: when
    it began to wait. `held_by`: who keeps it from starting, or empty."""

    position: int
    job: str
    name: str
    job_class: str
    priority: int
    team: str
    owner: str
    ranks: int
    kind: str
    since: float
    code: str
    text: str
    held_by: str


class QueuePage(msgspec.Struct, frozen=True):
    """`waiting`: how many wait in all, of which one may see the first in `items`."""

    items: list[QueueEntry]
    waiting: int


class MoveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: first or last among the jobs of its team, or `before` the job `other`."""

    to: Literal["first", "last", "before"]
    other: str = ""


class SetBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"job_class": "class"}):
    """What is null stays as it is. `max_duration`: seconds or like `8h`, 0 for no limit. `after`: jobs, by id or name;
    an empty list for none."""

    priority: int | None = None
    job_class: str | None = None
    max_duration: str | int | float | None = None
    after: list[str] | None = None


class ShareholderView(msgspec.Struct, frozen=True):
    """A team, or as `TEAM/USER` a user in it. share, guarantee and cap as the policy says; a cap that is null is none.
    `holds`: GPUs and slots now; `running` and `waiting`: jobs."""

    name: str
    share: float
    guarantee: int
    cap: int | None
    holds: int
    running: int
    waiting: int


class TeamView(msgspec.Struct, frozen=True):
    """A team and those of its users that have jobs, or limits of their own."""

    team: ShareholderView
    users: list[ShareholderView]


class TeamPage(msgspec.Struct, frozen=True):
    items: list[TeamView]
