"""Settings of the queue's policy as people write them: on the command line, in a file, in REST."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tensorfleet.core.scheduling.policy import Discipline, JobClass, Policy, check_policy
from tensorfleet.core.settings import LEAVES, OWNERS, PLAIN, Unit, Value, build, default_of, flatten, setting_of
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.units import parse_duration

MAX_SETTINGS: Final = 10_000
"""In one policy."""

MOST: Final = 10**9
"""The largest number that is taken for a share, a weight, or a count of GPUs or jobs."""

_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}"
_OWNER: Final = {"teams": re.compile(_NAME), "users": re.compile(f"{_NAME}/{_NAME}")}
_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")


def change_policy(policy: Policy, sets: Mapping[str, Any], resets: Iterable[str] = ()) -> Policy:
    """`policy` with `resets` back at their defaults, and then with `sets`. Raises InvalidRequest, which names the
    setting and the nearest that is known."""
    flat = flatten(policy)
    for name in resets:
        gone = [each for each in flat if each == name or each.startswith(f"{name}.")]
        if not gone:
            check_setting(name)
        for each in gone:
            del flat[each]
    for name, given in sets.items():
        check_setting(name)
        flat[name] = _parse(name, given)
    if len(flat) > MAX_SETTINGS:
        raise InvalidRequest(f"These are {len(flat)} settings; {MAX_SETTINGS} is the limit.")
    changed = build(flat)
    check_policy(changed)
    return changed


def spread(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a nested document by their names. Raises InvalidRequest."""
    flat: dict[str, Any] = {}
    waiting: list[tuple[str, Any, int]] = [("", plain, 0)]
    while waiting:
        name, value, depth = waiting.pop()
        if not isinstance(value, Mapping):
            if name in flat:
                raise InvalidRequest(f"{name[:80]} is given twice.")
            flat[name] = value
        elif depth > len(OWNERS):
            raise InvalidRequest(f"{name[:80]}: no setting is nested so deeply.")
        else:
            waiting += [(f"{name}.{key}" if name else str(key), each, depth + 1) for key, each in value.items()]
    return flat


def read_policy_file(data: bytes, name: str) -> dict[str, Any]:
    """The settings in `data`, YAML or JSON, by their names. Raises TooLarge and InvalidRequest."""
    from tensorfleet.wire.jobfile import read_mapping

    return spread(read_mapping(data, name, "It needs settings, such as `half_life: 3d`."))


def check_setting(name: str) -> str:
    """`name` if there is such a setting. Raises InvalidRequest with the nearest known name."""
    field, _, rest = name.partition(".")
    if name in PLAIN or (field == "starvation" and rest in tuple(JobClass)):
        return name
    if field == "weights" and _MODEL.fullmatch(rest):
        return name
    owner, _, leaf = rest.rpartition(".")
    if field in OWNERS and leaf in LEAVES and _OWNER[field].fullmatch(owner):
        return name
    raise InvalidRequest(f"There is no setting `{_plain(name)}`.", _nearest(field, owner, leaf, name))


def _nearest(field: str, owner: str, leaf: str, name: str) -> str:
    if field in OWNERS:
        near = difflib.get_close_matches(leaf, tuple(LEAVES), 1, 0.5)
        if owner and near and _OWNER[field].fullmatch(owner):
            return f"Did you mean `{field}.{owner}.{near[0]}`?"
        return f"It is {field}.{'NAME' if field == 'teams' else 'TEAM/USER'}.{{{'|'.join(LEAVES)}}}."
    known = [*PLAIN, *(f"starvation.{each}" for each in JobClass), "weights.MODEL", "teams.NAME.share"]
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"Did you mean `{close[0]}`?" if close else "`tensorfleet queue policy` lists all settings."


def _parse(name: str, given: Any) -> Value:
    """The value that `given` means for the setting `name`. Raises InvalidRequest."""
    unit = setting_of(name).unit
    found: Value
    if isinstance(given, bool) != (unit is Unit.SWITCH) and not isinstance(given, str):
        raise InvalidRequest(f"{name}: expected {_expected(name, unit)}, got {_plain(given)}.")
    match unit:
        case Unit.TIME | Unit.GPU_TIME if isinstance(given, str | int | float):
            return parse_duration(given, name)
        case Unit.SWITCH:
            words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
            found = given if isinstance(given, bool) else words.get(given.lower())
        case Unit.CHOICE:
            found = given if given in tuple(Discipline) else None
        case Unit.GPUS | Unit.COUNT if given is None or given == "none":
            if default_of(name) is None:
                return None
            found = None
        case Unit.GPUS | Unit.COUNT:
            found = _number(given, whole=True)
        case _:
            found = _number(given, whole=False)
    if found is None:
        raise InvalidRequest(f"{name}: expected {_expected(name, unit)}, got {_plain(given)}.")
    return found


def _number(given: Any, *, whole: bool) -> int | float | None:
    if not isinstance(given, str | int | float) or len(str(given)) > 40:
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    if not 0 <= number <= MOST or (whole and number != int(number)):
        return None
    return int(number) if whole else number


def _expected(name: str, unit: Unit) -> str:
    match unit:
        case Unit.TIME | Unit.GPU_TIME:
            return "a time like 30m, 8h or 7d"
        case Unit.SWITCH:
            return "on or off"
        case Unit.CHOICE:
            return f"one of {', '.join(Discipline)}"
        case Unit.PART:
            return "a number from 0 to 1"
        case Unit.WEIGHT:
            return f"a number from 0 to {MOST}"
        case Unit.GPUS | Unit.COUNT:
            return f"a whole number from 0 to {MOST}" + (", or none" if default_of(name) is None else "")


def _plain(given: Any) -> str:
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(given)[:80])
    return text if isinstance(given, str) else {"None": "nothing", "True": "true", "False": "false"}.get(text, text)
