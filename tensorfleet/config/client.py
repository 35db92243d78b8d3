"""What a client has to know to talk to a head: flags, TENSORFLEET_* variables, or what `tensorfleet login` saved."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tensorfleet.config.paths import client_config
from tensorfleet.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """url: where the head answers. api_key: the credential. ca: PEM file with the fleet's CA, for https.

    Empty where nobody said anything. origin: where the URL came from, in words.
    """

    url: str = ""
    api_key: str = field(default="", repr=False)
    ca: str = ""
    origin: str = ""


def load_client(
    url: str = "",
    api_key: str = "",
    ca: str = "",
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> ClientSettings:
    """Flags, then environment, then the saved file, each value on its own; but a saved key or CA is only used for
    the URL it was saved with, so that it never travels to another head. Raises InvalidRequest."""
    said = ClientSettings(
        url or environ.get("TENSORFLEET_URL", ""),
        api_key or environ.get("TENSORFLEET_API_KEY", ""),
        ca or environ.get("TENSORFLEET_CA", ""),
        "--url" if url else "$TENSORFLEET_URL",
    )
    place = file or client_config()
    saved = _read(place)
    if not saved.url or (said.url and said.url.rstrip("/") != saved.url.rstrip("/")):
        return said
    return ClientSettings(
        saved.url, said.api_key or saved.api_key, said.ca or saved.ca, said.origin if said.url else str(place)
    )


def _read(file: Path) -> ClientSettings:
    try:
        text = file.read_text()
    except (FileNotFoundError, NotADirectoryError):
        return ClientSettings()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} cannot be read: {error}.") from error
    import tomllib  # 12 ms that only those pay who have logged in

    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"{file} is not TOML: {error}.", "Run `tensorfleet login` again.") from error
    known = {name: values.get(name, "") for name in ("url", "api_key", "ca")}
    if not all(isinstance(value, str) for value in known.values()):
        raise InvalidRequest(f"{file}: url, api_key and ca have to be strings.", "Run `tensorfleet login` again.")
    return ClientSettings(**known)


def save_client(settings: ClientSettings, file: Path | None = None) -> Path:
    """Writes `settings` so that only this user can read them; answers where."""
    place = file or client_config()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = ["# Written by `tensorfleet login`.\n"]
    for name, value in (("url", settings.url), ("api_key", settings.api_key), ("ca", settings.ca)):
        if value:
            # A JSON string is a TOML basic string as well.
            lines.append(f"{name} = {json.dumps(value)}\n")
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.writelines(lines)
    fresh.replace(place)
    return place
