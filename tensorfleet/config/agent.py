"""What an agent can be told: flags of `tensorfleet agent`, TENSORFLEET_AGENT_* variables, or keys of its TOML file."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tensorfleet.config.checks import LogLevel, check_name, split_address
from tensorfleet.config.load import DEFAULT, Loaded, load
from tensorfleet.config.paths import agent_data_dir
from tensorfleet.errors import InvalidRequest, NotFound
from tensorfleet.wire.labels import parse_labels

MOST_SLOTS = 100_000


def own_name() -> str:
    """This machine's host name without its domain, reduced to what a node may be called."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname().partition(".")[0]).strip("-._")[:63]
    return plain or "node"


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Checked on construction; raises InvalidRequest, or NotFound for a token file that is not there."""

    head: str | None = None
    """The head's gRPC address, HOST[:PORT]. None: found on the network by mDNS."""

    join: str | None = field(default=None, repr=False)
    """A join token, or @FILE that holds one. None: pairing by words, or an identity from an earlier start."""

    data_dir: Path = field(default_factory=agent_data_dir)
    """The agent's certificate, journal, run directories and caches. One agent at a time may hold it."""

    name: str = field(default_factory=own_name)
    """What the node is called."""

    slots: int | None = None
    """CPU shares that jobs may take. None: one for each core."""

    fake_gpus: int = 0
    """GPUs to pretend, to try things without hardware."""

    labels: str = ""
    """What the node is labelled with: NAME=VALUE, and more between commas. `switch` is what it is plugged into."""

    warm: bool = True
    """Whether a pre-imported Python stands ready to fork ranks."""

    cache: int = 20
    """GiB of code kept for the next attempt, or a tenth of the disk if that is less; what was used longest ago goes."""

    confirm: str | None = None
    """The pairing words, confirmed in advance instead of on the terminal."""

    log_json: bool = False
    """Log lines as JSON, for collectors."""

    log_level: LogLevel = "info"

    def __post_init__(self) -> None:
        check_name("name", self.name)
        if self.head is not None:
            split_address("head", self.head, 7338)
        if self.slots is not None and not 0 <= self.slots <= MOST_SLOTS:
            raise InvalidRequest(f"slots: {self.slots} is not within 0 to {MOST_SLOTS}.")
        if not 0 <= self.fake_gpus <= 64:
            raise InvalidRequest(f"fake_gpus: {self.fake_gpus} is not within 0 to 64.")
        if self.cache < 0:
            raise InvalidRequest(f"cache: {self.cache} is below 0.", "Give a number of GiB.")
        parse_labels(filter(None, self.labels.split(",")), "labels")
        if self.join is not None and self.join.startswith("@"):
            object.__setattr__(self, "join", _read_token(Path(self.join[1:])))


def _read_token(file: Path) -> str:
    try:
        token = file.expanduser().read_text().strip()
    except FileNotFoundError as error:
        raise NotFound(
            f"The token file {file} does not exist.", "The head keeps one in <its data directory>/join.token."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InvalidRequest(f"The token file {file} cannot be read: {reason}.") from error
    if not token:
        raise InvalidRequest(f"The token file {file} is empty.")
    return token


def load_agent(flags: Mapping[str, Any], file: Path | None = None) -> Loaded[AgentSettings]:
    """The agent's settings from everywhere; an agent that was given a name has a data directory of that name."""
    loaded = load(AgentSettings, "TENSORFLEET_AGENT_", flags, file)
    if loaded.origins["name"] == DEFAULT or loaded.origins["data_dir"] != DEFAULT:
        return loaded
    own = replace(loaded.settings, data_dir=agent_data_dir(loaded.settings.name))
    return Loaded(own, loaded.origins)
