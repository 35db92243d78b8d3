"""What a head can be told: flags of `tensorfleet head`, TENSORFLEET_HEAD_* variables, or keys of its TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tensorfleet.config.checks import LogLevel, check_port
from tensorfleet.config.load import Loaded, load
from tensorfleet.config.paths import default_data_dir
from tensorfleet.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """Checked on construction; raises InvalidRequest."""

    data_dir: Path = field(default_factory=default_data_dir)
    """Everything the head keeps: credentials, CA, state, objects, logs. One head at a time may hold it."""

    host: str | None = None
    """Address both servers bind. None: HTTP on 127.0.0.1 for this machine, gRPC on 0.0.0.0 for the agents."""

    http_port: int = 7337
    """REST, events and the web interface; 0 for any free port."""

    rpc_port: int = 7338
    """gRPC for agents, always mutual TLS; 0 for any free port."""

    store: str = "tinydb"
    """Where documents live: `tinydb` (a file in the data directory)."""

    objects: str = "disk"
    """Where code and artifacts live: `disk` (the data directory)."""

    mdns: bool = True
    """Whether agents on the same network find this head without being told."""

    insecure_http: bool = False
    """Plain HTTP also on an address other machines reach; keys then travel readably."""

    job_logs: int = 20
    """GiB of lines that jobs wrote; beyond it those of the jobs that ended longest ago are deleted."""

    log_json: bool = False
    """Log lines as JSON, for collectors."""

    log_level: LogLevel = "info"

    def __post_init__(self) -> None:
        check_port("http_port", self.http_port)
        check_port("rpc_port", self.rpc_port)
        if self.http_port == self.rpc_port != 0:
            raise InvalidRequest(
                f"http_port and rpc_port are both {self.http_port}.", "Each server needs a port of its own."
            )
        if self.job_logs < 0:
            raise InvalidRequest(f"job_logs: {self.job_logs} is below 0.", "Give a number of GiB.")
        if self.store != "tinydb":
            raise InvalidRequest(f"store: {self.store[:40]!r} is not known.", "Known is: tinydb.")
        if self.objects != "disk":
            raise InvalidRequest(f"objects: {self.objects[:40]!r} is not known.", "Known is: disk.")
        if self.host is not None and not self.host.strip():
            raise InvalidRequest("host: an empty address.", "Leave it out, or give an address such as 0.0.0.0.")


def load_head(flags: Mapping[str, Any], file: Path | None = None) -> Loaded[HeadSettings]:
    """The head's settings from everywhere."""
    return load(HeadSettings, "TENSORFLEET_HEAD_", flags, file)
