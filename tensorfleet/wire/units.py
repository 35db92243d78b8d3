"""Sizes and durations as people write them: `16GB`, `512MiB`, `12h`, `1d12h30m`, `90`."""

from __future__ import annotations

import re

from tensorfleet.errors import InvalidRequest

_FACTORS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)
_SPAN = re.compile(r"\s*(?:(\d{1,6})d)?\s*(?:(\d{1,6})h)?\s*(?:(\d{1,6})m)?\s*(?:(\d{1,9}(?:\.\d{1,6})?)s?)?\s*")


def parse_size(text: str | int, field: str) -> int:
    """Bytes. `GB` is 10^9 and `GiB` is 2^30, as IEC 80000-13 has it. Raises InvalidRequest naming `field`."""
    if isinstance(text, int):
        if text < 0:
            raise InvalidRequest(f"{field}: a size cannot be negative, got {text}.")
        return text
    found = _SIZE.fullmatch(text)
    if not found:
        raise InvalidRequest(
            f"{field}: {text[:40]!r} is not a size.", "Write a number and a unit, such as 16GB or 512MiB."
        )
    return int(float(found[1]) * _FACTORS[(found[2] or "").lower()])


def parse_duration(text: str | int | float, field: str) -> float:
    """Seconds. Raises InvalidRequest naming `field`."""
    if isinstance(text, int | float):
        if not 0 <= text < 1e10:
            raise InvalidRequest(f"{field}: {text} is not a duration in seconds.")
        return float(text)
    found = _SPAN.fullmatch(text)
    if not found or not any(found.groups()):
        raise InvalidRequest(f"{field}: {text[:40]!r} is not a duration.", "Write it like 90s, 30m, 12h or 1d12h.")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds
