"""Nouns of the core as documents of the store, and back."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tensorfleet.core.event import Event
from tensorfleet.core.job import Job
from tensorfleet.core.node import Node
from tensorfleet.errors import Corrupt

T = TypeVar("T")

JOBS = "jobs"
NODES = "nodes"


def to_doc(noun: Job | Node | Event) -> dict[str, Any]:
    doc: dict[str, Any] = msgspec.to_builtins(noun)
    return doc


def from_doc(doc: dict[str, Any], kind: type[T]) -> T:
    """The noun in `doc`. Raises Corrupt when it is none."""
    try:
        return msgspec.convert(doc, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"The document {doc.get('id', '?')} is not a {kind.__name__.lower()}: {error}") from error
