"""Links that come and go: a node that keeps falling silent for seconds goes on with its jobs and gets no new ones."""

from __future__ import annotations

from typing import Final

from tensorfleet.core.actions import Action, Emit
from tensorfleet.core.event import Event
from tensorfleet.core.fleet import AT_ONCE, OFTEN, Fleet, Link, flaps
from tensorfleet.core.inputs import Now

PUNCTUAL: Final = 1.8
"""Seconds between two ticks after which silences that ended since the first are the head's own: it ticks every one."""


def gaps(link: Link, now: Now) -> tuple[float, ...]:
    """The silences of `link` that ended lately, now that a sign of life came. An agent that was restarted was silent
    for no fault of its link."""
    silent = now.mono - link.heard >= AT_ONCE and not link.closed
    return (*link.gaps[1 - OFTEN :], now.mono) if silent else link.gaps


def watch(fleet: Fleet, since: float, now: Now) -> list[Action]:
    """Tells people of links that began or ceased to flap. since: the tick before, monotonic.

    Silences that ended in a time in which the head itself could not listen do not count. Ticks are decided after all
    that waited with them, so those have been noted by now.
    """
    said: list[Action] = []
    for node in list(fleet.nodes.values()):
        link = fleet.links[node.id]
        if now.mono - since > PUNCTUAL:
            link.gaps = tuple(at for at in link.gaps if at <= since)
        if flaps(link, now) is link.unstable:
            continue
        link.unstable = not link.unstable
        kind = "node.unstable" if link.unstable else "node.stable"
        text = "comes and goes; it gets no new work until it stays" if link.unstable else "stays again"
        data = {"name": node.name}
        said.append(Emit(Event(kind, now.wall, f"The link of {node.name} {text}.", node=node.id, data=data)))
    return said
