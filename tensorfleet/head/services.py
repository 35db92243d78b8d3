"""What the doors of the head (REST and gRPC) may use. `app.py` makes one of it; nobody else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tensorfleet.head.bus import Bus
from tensorfleet.head.curvebook import CurveBook
from tensorfleet.head.joining import Joining
from tensorfleet.head.keyring import Keyring
from tensorfleet.head.logbook import LogBook
from tensorfleet.head.registry import Registry
from tensorfleet.head.room import Room
from tensorfleet.head.shell import Shell
from tensorfleet.objects.port import Objects
from tensorfleet.store.port import Store


@dataclass(frozen=True, slots=True)
class Services:
    """fleet: the fleet's id, the CA's fingerprint shortened. started: unix seconds."""

    fleet: str
    data_dir: Path
    rpc_port: int
    started: float
    store: Store
    objects: Objects
    shell: Shell
    bus: Bus
    logs: LogBook
    curves: CurveBook
    registry: Registry
    keys: Keyring
    joining: Joining
    room: Room = field(default_factory=Room)
