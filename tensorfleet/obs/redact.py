"""Keeps secrets out of what is logged.

Masked are TensorFleet's own credentials, known by their form (a key's id stays, so that a person can tell which), what
stands behind "Authorization: Bearer", and values that were named, also as base64 or quoted for a URL or JSON.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from typing import Any, Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 8
"""Characters; a shorter value would mask half of every line, so it is not masked at all."""

MASK: Final = "***"

_CREDENTIAL = re.compile(r"\b(tf[a-z]\d?_)([0-9A-Za-z]+_)?[0-9A-Za-z_\-]{8,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[0-9A-Za-z._~+/=\-]{8,}")


class Redactor:
    """Knows the secrets of this process. Its repr shows none of them."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._named: re.Pattern[str] | None = None

    def add(self, value: str) -> bool:
        """Mask `value` from now on; False where it is shorter than SHORTEST and stays as it is."""
        if len(value) < SHORTEST:
            return False
        self._forms |= forms(value)
        self._named = re.compile("|".join(re.escape(form) for form in sorted(self._forms, key=len, reverse=True)))
        return True

    def mask(self, text: str) -> str:
        """`text` without any secret that is known."""
        if self._named is not None:
            text = self._named.sub(MASK, text)
        text = _CREDENTIAL.sub(lambda found: f"{found[1]}{found[2] or ''}{MASK}", text)
        return _BEARER.sub(rf"\1\2{MASK}", text)

    def mask_any(self, value: Any) -> Any:
        """`value` with every text in it masked, in lists, tuples and dicts too; other objects as their masked text
        where that holds a secret, else as they are."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask_any(key): self.mask_any(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.mask_any(inner) for inner in value]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        text = str(value)
        masked = self.mask(text)
        return value if masked == text else masked


def forms(value: str) -> set[str]:
    """The ways in which `value` may stand in a text: itself, quoted, and within base64 at each of its alignments."""
    data = value.encode(errors="surrogatepass")
    found = {value, quote(data, safe=""), quote_plus(data), json.dumps(value)[1:-1]}
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + data).decode()
        # Characters at either end mix with what stands beside the secret; those in between do not.
        inner = coded[(0, 2, 3)[lead] : len(coded) - (0, 3, 2)[(lead + len(data)) % 3]]
        if len(inner) >= SHORTEST:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


class RedactingFilter(logging.Filter):
    """Masks message, arguments, fields and traceback of every record that passes."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        redactor = self._redactor
        record.msg = redactor.mask(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redactor.mask(record.exc_text)
        if record.stack_info:
            record.stack_info = redactor.mask(record.stack_info)
        given = getattr(record, "fields", None)
        if given:
            record.fields = redactor.mask_any(given)
        return True
