"""Checks that more than one model of settings makes."""

from __future__ import annotations

import re
from typing import Literal

from tensorfleet.errors import InvalidRequest

LogLevel = Literal["debug", "info", "warning", "error"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def check_port(field: str, value: int) -> None:
    """Raises InvalidRequest unless `value` is a TCP port; 0 stands for any free one."""
    if not 0 <= value <= 65535:
        raise InvalidRequest(f"{field}: {value} is not a port.", "Give 1 to 65535, or 0 for any free port.")


def check_name(field: str, value: str) -> None:
    """Raises InvalidRequest unless `value` can name a node."""
    if not _NAME.fullmatch(value):
        raise InvalidRequest(
            f"{field}: {value[:40]!r}{'…' if len(value) > 40 else ''} is not a name.",
            "Use 1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.",
        )


def split_address(field: str, text: str, default_port: int) -> tuple[str, int]:
    """`HOST[:PORT]`, IPv6 in brackets. Raises InvalidRequest."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^\s:/\[\]]+))(?::(\d{1,5}))?", text)
    if not found or not 0 < int(found[3] or default_port) <= 65535:
        raise InvalidRequest(f"{field}: {text[:60]!r} is not an address.", f"Write HOST or HOST:{default_port}.")
    return found[1] or found[2], int(found[3] or default_port)
