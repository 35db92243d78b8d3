"""The JSON of the queue: its policy, its order, and what people do to it.

Times are seconds, and seconds since 1970 (UTC); everything absent is null.
"""

from __future__ import annotations

from typing import Any

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
