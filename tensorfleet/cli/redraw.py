"""A screen that is drawn again whenever the fleet has news."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tensorfleet.cli.session import Session

AT_MOST_EVERY = 0.5


def redraw(session: Session, lines: Callable[[], list[str]]) -> None:
    """Draws `lines()`, again after each event, until Ctrl-C."""
    _draw(lines())
    drawn = time.monotonic()
    for _ in session.client.follow_events():
        time.sleep(max(0.0, drawn + AT_MOST_EVERY - time.monotonic()))
        drawn = time.monotonic()
        _draw(lines())


def _draw(lines: list[str]) -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[H\x1b[2J")
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()
