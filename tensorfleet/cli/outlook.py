"""What is in store for a job, as lines for people: who has what it waits for, when it starts, what would help."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tensorfleet.cli.human import span

if TYPE_CHECKING:
    from tensorfleet.wire.why import EtaView, HolderView, PlanView, WhyView

SHOWN = 5
"""Holders that are shown."""


def lines(view: WhyView | PlanView) -> Iterator[str]:
    """All that is known beyond the reason itself."""
    if view.hint:
        yield view.hint
    if view.eta:
        yield from _eta(view.eta)
    if view.remedy:
        yield f"What would start it now: {view.remedy.text[0].lower()}{view.remedy.text[1:]}"
    if view.holders:
        yield "Held by:"
        yield from (f"  {_holder(each)}" for each in view.holders[:SHOWN])
        if len(view.holders) > SHOWN:
            yield f"  and {len(view.holders) - SHOWN} more"


def _eta(eta: EtaView) -> Iterator[str]:
    if eta.likely is not None:
        early, late = (_when(each) if each is not None else "?" for each in (eta.not_before, eta.late))
        yield f"Likely to start {_when(eta.likely)} (between {early} and {late})."
    else:
        yield "When it will start cannot be foretold."
    if eta.no_later_than is not None:
        yield f"No later than {_when(eta.no_later_than)}, unless a node fails or somebody goes first by right."


def _when(at: float) -> str:
    left = at - time.time()
    if left < 60:
        return "now"
    day = "%H:%M" if left < 20 * 3600 else "%a %d %b %H:%M"
    return f"{time.strftime(day, time.localtime(at))} (in {span(left)})"


def _holder(each: HolderView) -> str:
    who = f"{each.name} ({each.job}) of {each.owner}" if each.job else f"a job of team {each.team}"
    ranks = f"{each.ranks} rank{'' if each.ranks == 1 else 's'} on {', '.join(each.nodes[:3])}"
    until = f", until {_when(each.until)} at the latest" if each.until is not None else ", without a limit"
    return f"{who}: {ranks}{' …' if len(each.nodes) > 3 else ''}{until}"
