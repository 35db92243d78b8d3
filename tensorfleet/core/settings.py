"""The queue's policy as settings with names: what each is, in which unit, and what it says now.

Names are flat: `half_life`, `starvation.batch`, `weights.H100`, `teams.vision.share`, `users.vision/ada.cap`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from tensorfleet.core.scheduling.policy import DAY, HOUR, Discipline, Policy, Slice

Value = float | int | str | bool | None
"""None: no cap."""


class Unit(Enum):
    """TIME in seconds. GPU_TIME in seconds of one GPU. PART from 0 to 1. GPUS counts slots on CPU alike."""

    TIME = "time"
    GPU_TIME = "GPU time"
    PART = "part"
    GPUS = "GPUs"
    COUNT = "count"
    WEIGHT = "weight"
    SWITCH = "on or off"
    CHOICE = "one of " + ", ".join(Discipline)


@dataclass(frozen=True, slots=True)
class Setting:
    unit: Unit
    meaning: str


SETTINGS: Final[Mapping[str, Setting]] = {
    "discipline": Setting(
        Unit.CHOICE, "Who may overtake: fifo nobody, easy where it delays nobody, default by shares."
    ),
    "half_life": Setting(Unit.TIME, "After which GPU time used counts half against its user's share."),
    "ahead": Setting(Unit.TIME, "Of what somebody holds now, counted as used already."),
    "level": Setting(Unit.GPU_TIME, "A job that had more belongs to the long ones, and goes behind the short."),
    "preemption": Setting(Unit.SWITCH, "Whether running jobs are interrupted for others."),
    "min_run": Setting(Unit.TIME, "How long a job runs at least before one of its class may take its place."),
    "grace": Setting(Unit.TIME, "An interrupted job gets this for its checkpoint."),
    "restart_cost": Setting(Unit.TIME, "What an interruption costs each GPU."),
    "most_preemptions": Setting(Unit.COUNT, "Of one job within a day."),
    "loss_budget": Setting(Unit.PART, "Of the fleet's GPU time of a day, what interruptions may cost."),
    "boost": Setting(Unit.TIME, "How much waiting a priority of 100 is worth, and 0 costs."),
    "starving_share": Setting(Unit.PART, "Of the fleet, what jobs that waited too long may have at once."),
    "patience": Setting(
        Unit.WEIGHT, "How many times as long a job waits for that which had service and was interrupted."
    ),
    "backfill_depth": Setting(Unit.COUNT, "Jobs that are tried behind a blocked one, in one pass."),
    "resize_every": Setting(Unit.TIME, "Between two changes of an elastic job's size."),
    "resize_gain": Setting(Unit.WEIGHT, "How many times its cost a change of size has to bring."),
    "starvation": Setting(Unit.TIME, "After waiting so long, a job of this class goes before all others."),
    "weights": Setting(Unit.WEIGHT, "What a second of a GPU with this in its model's name counts; 1 for others."),
    "slot_weight": Setting(Unit.WEIGHT, "What a second of a CPU slot counts against that of a GPU."),
}
"""By field of the policy."""

LEAVES: Final[Mapping[str, Setting]] = {
    "share": Setting(Unit.WEIGHT, "Its part of the fleet, against the others that have work."),
    "guarantee": Setting(Unit.GPUS, "It gets so many back from borrowers as soon as it has work."),
    "cap": Setting(Unit.GPUS, "It may hold so many at once."),
}
"""Of a team, and of a user in a team."""

OWNERS: Final = ("teams", "users")


def setting_of(name: str) -> Setting:
    """What the setting `name` is about."""
    field, _, rest = name.partition(".")
    return LEAVES[rest.rpartition(".")[2]] if field in OWNERS else SETTINGS[field]


def flatten(policy: Policy) -> dict[str, Value]:
    """Every setting of `policy` by its name."""
    flat: dict[str, Value] = {}
    for field in dataclasses.fields(Policy):
        value = getattr(policy, field.name)
        if field.name in OWNERS:
            for owner, each in sorted(value.items()):
                flat |= {f"{field.name}.{owner}.{leaf}": getattr(each, leaf) for leaf in LEAVES}
        elif isinstance(value, Mapping):
            flat |= {f"{field.name}.{key}": each for key, each in value.items()}
        else:
            flat[field.name] = value.value if isinstance(value, Enum) else value
    return flat


def build(flat: Mapping[str, Value]) -> Policy:
    """The policy that says `flat`, and is as usual otherwise. Names that are not known say nothing."""
    plain: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {"starvation": dict(Policy().starvation), "weights": {}}
    owners: dict[str, dict[str, dict[str, Any]]] = {field: {} for field in OWNERS}
    for name, value in flat.items():
        field, _, rest = name.partition(".")
        if field in owners:
            owner, _, leaf = rest.rpartition(".")
            owners[field].setdefault(owner, {})[leaf] = value
        elif field in tables:
            tables[field][rest] = value
        elif field in PLAIN:
            plain[field] = Discipline(str(value)) if field == "discipline" else value
    slices = {field: {owner: Slice(**leaves) for owner, leaves in each.items()} for field, each in owners.items()}
    return Policy(
        teams=slices["teams"],
        users=slices["users"],
        starvation=tables["starvation"],
        weights=tables["weights"],
        **plain,
    )


PLAIN: Final = tuple(
    each.name for each in dataclasses.fields(Policy) if each.name not in (*OWNERS, "starvation", "weights")
)
"""Settings that are one value."""


def default_of(name: str) -> Value:
    """What the setting `name` says when nobody set it."""
    usual = flatten(Policy())
    if name in usual:
        return usual[name]
    leaf: Value = getattr(Slice(), name.rpartition(".")[2]) if name.partition(".")[0] in OWNERS else 1.0
    return leaf


def changes(before: Policy, after: Policy) -> dict[str, tuple[Value, Value]]:
    """What `after` says otherwise than `before`, by name: what it was and what it is."""
    old, new = flatten(before), flatten(after)
    pairs = {
        name: (old.get(name, default_of(name)), new.get(name, default_of(name))) for name in sorted(old.keys() | new)
    }
    return {name: (was, now) for name, (was, now) in pairs.items() if was != now}


def shown(name: str, value: Value) -> str:
    """`value` of the setting `name` as a person writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    if setting_of(name).unit not in (Unit.TIME, Unit.GPU_TIME):
        return f"{value:g}" if isinstance(value, float) else str(value)
    for letter, seconds in (("d", DAY), ("h", HOUR), ("m", 60.0)):
        if value and value % seconds == 0:
            return f"{value / seconds:g}{letter}"
    return f"{value:g}s"
