"""An event: one line of the fleet's history, kept for good and streamed to whoever listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """kind: dotted and stable (`job.started`, `node.online`); text: one sentence for a person.

    The store gives it its number when it becomes durable.
    """

    kind: str
    at: float
    text: str
    job: str = ""
    node: str = ""
    actor: str = ""
    data: Mapping[str, str | int | float | bool] = field(default_factory=dict)
