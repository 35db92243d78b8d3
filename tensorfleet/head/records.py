"""Nouns of the core as documents of the store, and back."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tensorfleet.core.event import Event
from tensorfleet.core.job import Job
from tensorfleet.core.node import Node
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.scheduling.used import Used
from tensorfleet.core.settings import build, flatten
from tensorfleet.errors import Corrupt

T = TypeVar("T")

JOBS = "jobs"
NODES = "nodes"
POLICY = "policy"
"""A collection with one document, of the same id."""
BOOKINGS = "bookings"
USED = "used"
"""Another."""


def to_doc(noun: Job | Node | Event | Used | Booking) -> dict[str, Any]:
    doc: dict[str, Any] = msgspec.to_builtins(noun)
    return doc


def from_doc(doc: dict[str, Any], kind: type[T]) -> T:
    """The noun in `doc`. Raises Corrupt when it is none."""
    try:
        return msgspec.convert(doc, kind)
    except msgspec.ValidationError as error:
        raise Corrupt(f"The document {doc.get('id', '?')} is not a {kind.__name__.lower()}: {error}") from error


def policy_doc(policy: Policy) -> dict[str, Any]:
    """What `policy` says otherwise than is usual, and all that it says of teams, users and models."""
    usual = flatten(Policy())
    return {"settings": {name: each for name, each in flatten(policy).items() if usual.get(name, policy) != each}}


def policy_from(doc: dict[str, Any] | None) -> Policy:
    """The policy in `doc`; the usual one for None."""
    return build(doc["settings"]) if doc else Policy()


def used_from(doc: dict[str, Any] | None) -> Used:
    """What teams and users had, as `doc` says; nothing for None. Raises Corrupt when it says something else."""
    return from_doc(doc, Used) if doc else Used()
