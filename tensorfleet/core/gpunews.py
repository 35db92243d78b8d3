"""What people are told when a GPU can no longer be handed out, or can again."""

from __future__ import annotations

from tensorfleet.core.actions import Emit
from tensorfleet.core.event import Event
from tensorfleet.core.node import GpuState, Node


def gpu_news(before: Node, after: Node, at: float) -> list[Emit]:
    """An event for each GPU of `after` whose state is another than in `before`."""
    known = {gpu.uuid: gpu.state for gpu in before.gpus}
    news = []
    for gpu in after.gpus:
        if gpu.state is known.get(gpu.uuid, GpuState.FREE):
            continue
        what = "can be used again" if gpu.state is GpuState.FREE else f"is {gpu.state.value}: {gpu.note}"
        text = f"GPU {gpu.index} of {after.name} {what}".rstrip(".") + "."
        data: dict[str, str | int | float | bool] = {"gpu": gpu.uuid, "index": gpu.index, "name": after.name}
        news.append(Emit(Event(f"gpu.{gpu.state.value}", at, text, node=after.id, data=data)))
    return news
