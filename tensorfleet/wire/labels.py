"""Labels of nodes, as people write them: `rack=a` on a command line, a mapping in a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tensorfleet.core.resources import MAX_LABELS
from tensorfleet.errors import InvalidRequest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,62}")


def check_labels(labels: Mapping[str, str | int], field: str) -> dict[str, str]:
    """`labels` in the order of their names. Raises InvalidRequest naming `field`."""
    if len(labels) > MAX_LABELS:
        raise InvalidRequest(f"{field}: {len(labels)} labels are over the limit of {MAX_LABELS}.")
    for name, value in labels.items():
        check_name(name, field)
        if not _VALUE.fullmatch(str(value)):
            raise InvalidRequest(
                f"{field}: {str(value)[:40]!r} is no value for {name}.",
                "Use 1 to 63 letters, digits, dots, dashes, slashes, colons and underscores.",
            )
    return {name: str(labels[name]) for name in sorted(labels)}


def check_name(name: str, field: str) -> None:
    """Raises InvalidRequest naming `field` when `name` is no name for a label."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"{field}: {name[:40]!r} is no name for a label.",
            "Use 1 to 63 letters, digits, dots, dashes, slashes and underscores.",
        )


def check_changes(changes: Mapping[str, str | None], field: str) -> dict[str, str | None]:
    """`changes` to labels, null for one to take away. Raises InvalidRequest naming `field`."""
    if not changes:
        raise InvalidRequest(f"{field}: no label is given.", "Write NAME=VALUE, or NAME- to take one away.")
    gone: dict[str, str | None] = {name: None for name, value in changes.items() if value is None}
    for name in gone:
        check_name(name, field)
    return {**check_labels({name: value for name, value in changes.items() if value is not None}, field), **gone}


def parse_labels(words: Iterable[str], field: str) -> dict[str, str]:
    """Labels from words like `rack=a`. Raises InvalidRequest naming `field`."""
    labels: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise InvalidRequest(f"{field}: {word[:60]!r} is not NAME=VALUE.", "Write it like rack=a.")
        if labels.get(name, value) != value:
            raise InvalidRequest(f"{field}: {name[:40]} is given twice, as {labels[name][:40]} and {value[:40]}.")
        labels[name] = value
    return check_labels(labels, field)
