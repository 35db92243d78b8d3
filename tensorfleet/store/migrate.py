"""What changed in stored documents from one schema to the next.

Rows keep the schema version they were written under and are brought forward whenever they are read: documents at
every start, events when somebody asks. So nothing is rewritten at an upgrade, and a step is never removed.

To change a stored shape: add a Step, raise SCHEMA, and keep a database of the old schema in `tests/golden/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tensorfleet.store.port import Doc

SCHEMA = 1
"""The version that is written today. It grows by one with every change, and never shrinks."""

EVENTS = "(events)"
"""What a Step calls the events, which are no collection of documents."""


@dataclass(frozen=True, slots=True)
class Step:
    """version: the schema this leads to, from the one before. change: pure; may change and return what it gets."""

    version: int
    collection: str
    change: Callable[[Doc], Doc]


STEPS: tuple[Step, ...] = ()
"""In the order of their versions; none while there has been one schema only."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The version a database is brought to, and the way there."""

    version: int = SCHEMA
    steps: Sequence[Step] = STEPS

    def forward(self, collection: str, doc: Doc, written: int) -> Doc:
        """`doc`, as it would have been written today. written: the version it was written under."""
        if written == self.version:
            return doc
        for step in self.steps:
            if step.collection == collection and written < step.version <= self.version:
                doc = step.change(doc)
        return doc
