"""Log lines on a terminal or in a pipe: which rank, which colour, and progress bars that stay on one line."""

from __future__ import annotations

import re
import sys

import click

from tensorfleet.cli.session import Session
from tensorfleet.wire.rest import LogLine

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
_COLOUR = r"\x1b\[[0-9;]*m"
_CONTROL = re.compile(
    rf"({_COLOUR})|\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
"""Control sequences of ECMA-48, section 5; colours, which may stay, are its first group."""


def harmless(text: str) -> str:
    """`text` with colours, but without what could move the cursor, set the clipboard or worse."""
    return _CONTROL.sub(lambda found: found[1] or "", text)


class LinePrinter:
    """Writes to stdout. prefix: whether each line names its rank.

    In a pipe the text is passed on as the rank wrote it; bars that go on are left out until they end.
    """

    def __init__(self, session: Session, prefix: bool) -> None:
        self._session = session
        self._prefix = prefix
        self._terminal = sys.stdout.isatty()
        self._bar: int | None = None

    def show(self, line: LogLine) -> None:
        if self._session.json:
            self._session.record(line)
            return
        if not self._terminal:
            if not line.partial:
                sys.stdout.write(f"[rank {line.rank}] {line.text}\n" if self._prefix else f"{line.text}\n")
                sys.stdout.flush()
            return
        tag = click.style(f"[rank {line.rank}] ", fg=_COLOURS[line.rank % len(_COLOURS)]) if self._prefix else ""
        start = "\r\x1b[K" if self._bar == line.rank else "\n" if self._bar is not None else ""
        end = "" if line.partial else "\n"
        reset = "\x1b[0m" if "\x1b" in line.text else ""
        sys.stdout.write(f"{start}{tag}{harmless(line.text)}{reset}{end}")
        sys.stdout.flush()
        self._bar = line.rank if line.partial else None

    def end(self) -> None:
        """Leaves the cursor at the beginning of a line."""
        if self._bar is not None:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._bar = None
