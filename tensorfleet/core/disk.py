"""How full a disk is, and what people are told when that changes."""

from __future__ import annotations

from typing import Final

from tensorfleet.core.actions import Emit
from tensorfleet.core.event import Event
from tensorfleet.core.node import Fill, Node

LOW: Final = 2 * 2**30
"""Free bytes below which people are warned; a tenth of a disk that is smaller than twenty gigabytes."""

RESERVE: Final = 512 * 2**20
"""Free bytes below which a node gets no new work; a sixteenth of a disk that is smaller than eight gigabytes."""


def fill_of(free: int, total: int, before: Fill) -> Fill:
    """How full a node's disk is. One that was full is so until twice the reserve is free."""
    reserve = min(RESERVE, total // 16)
    if free < (2 * reserve if before is Fill.FULL else reserve):
        return Fill.FULL
    return Fill.LOW if free < min(LOW, total // 10) else Fill.OK


_SENTENCES: Final = {
    Fill.OK: "The disk of {} has room again.",
    Fill.LOW: "The disk of {} is filling up.",
    Fill.FULL: "The disk of {} is full: it gets no new work until there is room.",
}


def disk_news(before: Node, after: Node, at: float) -> list[Emit]:
    """An event if the disk of `after` is not as full as it was in `before`."""
    if after.disk is before.disk:
        return []
    text = _SENTENCES[after.disk].format(after.name)
    return [Emit(Event(f"node.disk_{after.disk.value}", at, text, node=after.id, data={"name": after.name}))]
