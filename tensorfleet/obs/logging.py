"""A log line is a record: a short message, and fields that say what it is about.

    log.info("gang placed", extra=fields(job=job.id, nodes=3))

In text: `2026-01-31T12:00:00.123Z INFO head.shell gang placed job=j1 nodes=3`; as JSON: one object a line.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from json import dumps
from typing import Any, Final, TextIO

from tensorfleet.obs.redact import RedactingFilter, Redactor

ROOT: Final = "tensorfleet"
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/@+,%[]*")


def fields(**given: Any) -> dict[str, Any]:
    """What a record is about, for `extra=`. Values are shown as text; None is left out."""
    return {"fields": {name: value for name, value in given.items() if value is not None}}


def setup(level: str = "info", json: bool = False, stream: TextIO | None = None) -> Redactor:
    """Log to `stream` (standard error by default) from `level` on, other libraries from WARNING on.

    Called once by each process's entry point; called again it replaces what it set up before. Gives the redactor,
    to which the process adds the secrets it comes to know. Raises ValueError for an unknown level.
    """
    logging.getLogger(ROOT).setLevel(level.upper())
    redactor = Redactor()
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if json else TextFormatter())
    handler.addFilter(RedactingFilter(redactor))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.setLevel(logging.WARNING)
    root.addHandler(handler)
    logging.captureWarnings(True)
    return redactor


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second set-up finds it."""


class TextFormatter(logging.Formatter):
    """`time level logger message key=value …` on one line; a traceback follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        words = [_time(record), record.levelname, _name(record), _one_line(record.getMessage())]
        words += [f"{name}={_word(value)}" for name, value in _fields(record).items()]
        trace = _trace(self, record)
        return " ".join(words) + "".join(f"\n    {_one_line(part)}" for part in trace.splitlines())


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, the fields, and `traceback` where there is one.

    A field of one of these names is found under its name with a trailing underscore.
    """

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": _name(record),
            "message": record.getMessage(),
        }
        trace = _trace(self, record)
        if trace:
            document["traceback"] = trace
        for name, value in _fields(record).items():
            document[f"{name}_" if name in document else name] = value
        return dumps(document, default=str)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _name(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{ROOT}.")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given = getattr(record, "fields", None)
    return given if isinstance(given, dict) else {}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return "\n".join(part for part in (record.exc_text, record.stack_info) if part)


def _one_line(text: str) -> str:
    """Line breaks and other control characters escaped, so that nobody can forge a line or drive a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _word(value: Any) -> str:
    """A field's value, in quotes where it could be mistaken for more than one word."""
    text = value if isinstance(value, str) else str(value)
    if text and _PLAIN.issuperset(text):
        return text
    return dumps(text, ensure_ascii=not text.isprintable())
