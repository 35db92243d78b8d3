"""Which head to talk to and with which credential: what was said, what was saved, else the head of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from tensorfleet.client.api import Client
from tensorfleet.client.transport import normal_url
from tensorfleet.config.client import ClientSettings, load_client
from tensorfleet.config.paths import default_data_dir
from tensorfleet.errors import HeadUnreachable, InvalidRequest


class HeadFile(msgspec.Struct, frozen=True):
    """`head.json`, which a running head keeps in its data directory. ca: fingerprint of the fleet's CA."""

    url: str
    rpc_port: int = 0
    pid: int = 0
    ca: str = ""
    fleet: str = ""


def locate(url: str = "", api_key: str = "", ca: str = "") -> ClientSettings:
    """Complete settings from arguments, environment, `tensorfleet login`, or the head on this machine, in this order.

    Raises HeadUnreachable where nobody says which head, InvalidRequest for what cannot be read.
    """
    settings = load_client(url, api_key, ca)
    if settings.url and settings.api_key:
        return settings
    data_dir = default_data_dir()
    own = read_head(data_dir)
    if own is None:
        if settings.url:
            return settings
        raise HeadUnreachable(
            "No head is known: none runs from this machine's data directory, and none was named.",
            "Start one with `tensorfleet head`, try `tensorfleet demo`, or name one: `tensorfleet login URL`.",
        )
    if settings.url and normal_url(settings.url) != normal_url(own.url):
        return settings
    pem = data_dir / "ca.pem"
    return ClientSettings(
        settings.url or own.url,
        settings.api_key or _own_key(data_dir),
        settings.ca or (str(pem) if own.url.startswith("https:") and pem.exists() else ""),
        settings.origin or str(data_dir / "head.json"),
    )


def read_head(data_dir: Path) -> HeadFile | None:
    """What the head with this data directory says about itself; None where there is none or others may not look."""
    try:
        return msgspec.json.decode((data_dir / "head.json").read_bytes(), type=HeadFile)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidRequest(f"{data_dir / 'head.json'} cannot be read: {error}.", "Restart the head.") from error


def _own_key(data_dir: Path) -> str:
    try:
        return (data_dir / "admin.key").read_text().strip()
    except OSError:
        return ""


def connect(
    url: str = "",
    api_key: str = "",
    ca: str = "",
    notice: Callable[[str], None] = lambda text: None,
) -> Client:
    """A client of the head that `locate` finds."""
    settings = locate(url, api_key, ca)
    return Client(settings.url, settings.api_key, settings.ca, notice=notice)
