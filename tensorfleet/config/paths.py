"""Where things lie by default: data, the client's own settings, caches."""

from __future__ import annotations

import os
from pathlib import Path

from tensorfleet.errors import InvalidRequest


def default_data_dir() -> Path:
    """`$TENSORFLEET_DATA_DIR`, else `~/.local/share/tensorfleet`."""
    named = os.environ.get("TENSORFLEET_DATA_DIR", "")
    return Path(named).expanduser().absolute() if named else _home("XDG_DATA_HOME", ".local/share")


def agent_data_dir(name: str = "") -> Path:
    """The directory of the agent called `name`; of the only agent of this machine without one."""
    return default_data_dir() / (f"agent-{name}" if name else "agent")


def make_data_dir(path: Path) -> None:
    """Makes `path`, for its owner only, unless it is there. Raises InvalidRequest."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidRequest(
            f"The data directory {path} cannot be made: {error.strerror}.", "Name another with --data-dir."
        ) from error


def client_config() -> Path:
    """What `tensorfleet login` writes: `~/.config/tensorfleet/config.toml`."""
    return _home("XDG_CONFIG_HOME", ".config") / "config.toml"


def cache_dir() -> Path:
    """Things that can be made again at any time: `~/.cache/tensorfleet`."""
    return _home("XDG_CACHE_HOME", ".cache")


def _home(variable: str, default: str) -> Path:
    """XDG Base Directory Specification: an unset, empty or relative value means the default."""
    base = Path(os.environ.get(variable, ""))
    return (base if base.is_absolute() else Path.home() / default) / "tensorfleet"
