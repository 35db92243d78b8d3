"""Everything the head's brain can ask for. Saves and events become durable together, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from tensorfleet.core.event import Event
from tensorfleet.core.job import Job, Share
from tensorfleet.core.node import Node
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.scheduling.used import Used


@dataclass(frozen=True, slots=True)
class SaveJob:
    job: Job


@dataclass(frozen=True, slots=True)
class SaveNode:
    node: Node


@dataclass(frozen=True, slots=True)
class DropNode:
    node: str


@dataclass(frozen=True, slots=True)
class SavePolicy:
    policy: Policy


@dataclass(frozen=True, slots=True)
class SaveBooking:
    booking: Booking


@dataclass(frozen=True, slots=True)
class DropBooking:
    booking: str


@dataclass(frozen=True, slots=True)
class SaveUsed:
    used: Used


@dataclass(frozen=True, slots=True)
class Emit:
    event: Event


@dataclass(frozen=True, slots=True)
class Assign:
    """Get `share` ready on its node. `solo`: nobody else is in the gang, so launch without waiting for a word."""

    node: str
    job: Job
    share: Share
    solo: bool


@dataclass(frozen=True, slots=True)
class Launch:
    """master: `host:port` of the rendezvous."""

    node: str
    alloc: str
    master: str


@dataclass(frozen=True, slots=True)
class Halt:
    """End the share: SIGTERM, `grace` seconds, then everything it ever started is killed.

    ask: ranks that watch for the wish to stop get the grace to end by themselves, before any signal.
    """

    node: str
    alloc: str
    grace: float
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Forget:
    """The head has the end of this share durably; the node may clear it away."""

    node: str
    alloc: str


@dataclass(frozen=True, slots=True)
class AnswerCheckpoint:
    """Whether the checkpoint counts, durably. keep: the job's checkpoints that are still wanted, by attempt and serial;
    the node may clear others away."""

    node: str
    alloc: str
    serial: int
    accepted: bool
    keep: tuple[tuple[int, int], ...] = ()


Command = Assign | Launch | Halt | Forget | AnswerCheckpoint
"""What goes to a node."""

Action = SaveJob | SaveNode | DropNode | SavePolicy | SaveUsed | SaveBooking | DropBooking | Emit | Command
