"""file < environment < flags, each value checked on its own and remembered with the place it came from."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec

from tensorfleet.errors import InvalidRequest, NotFound

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """settings: the merged values. origins: for each field, where its value came from, in words."""

    settings: T
    origins: Mapping[str, str]

    def lines(self) -> list[str]:
        """Every setting with its origin, one a line; secrets are not shown."""
        rows = []
        for name, origin in self.origins.items():
            value = getattr(self.settings, name)
            shown = "…" if name in SECRET and value else value
            rows.append(f"{name} = {'(not set)' if shown is None else shown}    from {origin}")
        return rows


DEFAULT = "the default"
SECRET = frozenset({"join", "api_key"})


def load(
    model: type[T],
    prefix: str,
    flags: Mapping[str, Any],
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Loaded[T]:
    """`model` filled from the TOML file, variables named `prefix` + FIELD, and flags that are not None.

    Raises NotFound for a missing file and InvalidRequest naming the value and the place it came from.
    """
    types = get_type_hints(model)
    values: dict[str, Any] = {}
    origins = {field.name: DEFAULT for field in fields(model)}  # type: ignore[arg-type]  # T is a dataclass

    def take(name: str, value: Any, origin: str, strict: bool) -> None:
        try:
            values[name] = msgspec.convert(value, types[name], strict=strict)
        except msgspec.ValidationError as error:
            text = str(error)
            raise InvalidRequest(f"{name} from {origin}: {text[0].lower()}{text[1:]}.") from error
        origins[name] = origin

    if file is not None:
        for name, value in read_toml(file).items():
            if name not in types:
                near = difflib.get_close_matches(name, types, 1, 0.5)
                hint = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(sorted(types))}."
                raise InvalidRequest(f"{file} has an unknown setting `{name[:80]}`.", hint)
            take(name, value, str(file), strict=True)
    for name in types:
        variable = prefix + name.upper()
        if environ.get(variable):
            take(name, environ[variable], f"${variable}", strict=False)
    for name, value in flags.items():
        if value is not None:
            take(name, value, f"--{name.replace('_', '-')}", strict=False)
    return Loaded(model(**values), origins)


def read_toml(file: Path) -> dict[str, Any]:
    """The tables of `file`. Raises NotFound or InvalidRequest with one sentence."""
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError as error:
        raise NotFound(f"The configuration file {file} does not exist.", "Check --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} is not TOML: {error}.") from error
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}.") from error
