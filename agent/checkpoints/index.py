"""What became of each checkpoint of a job on this node, in one small file, so that a new agent goes on from there."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import msgspec

Fate = Literal["kept", "dead"]
"""kept: the head has it. dead: it never will, because it was refused, passed over, or cannot be read."""


class Known(msgspec.Struct, frozen=True):
    """digest: of the manifest under which the head has it."""

    attempt: int
    name: str
    serial: int
    step: int
    fate: Fate
    digest: str = ""


class _File(msgspec.Struct):
    known: list[Known] = []
    told: dict[int, int] = {}


class Index:
    """path: the file, read once. Without it the agent reports everything again, which is harmless."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = msgspec.json.decode(path.read_bytes(), type=_File)
        except (OSError, msgspec.MsgspecError):
            self._file = _File()

    def names(self, attempt: int) -> frozenset[str]:
        return frozenset(each.name for each in self._file.known if each.attempt == attempt)

    def all(self) -> tuple[Known, ...]:
        return tuple(self._file.known)

    def by_digest(self, digest: str) -> Known | None:
        return next((each for each in self._file.known if each.digest == digest and each.fate == "kept"), None)

    def add(self, known: Known) -> None:
        self.forget(known.attempt, known.name)
        self._file.known.append(known)
        self._write()

    def forget(self, attempt: int, name: str) -> None:
        self._file.known = [each for each in self._file.known if (each.attempt, each.name) != (attempt, name)]

    def lose(self, attempt: int, serial: int) -> None:
        """The copy on this node is no good."""
        for known in self.all():
            if (known.attempt, known.serial) == (attempt, serial):
                self.add(msgspec.structs.replace(known, digest=""))

    def told(self, attempt: int) -> int:
        """Bytes of the attempt's list of failed saves that have been told."""
        return self._file.told.get(attempt, 0)

    def tell(self, attempt: int, offset: int) -> None:
        self._file.told[attempt] = offset
        self._write()

    def _write(self) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")
        with contextlib.suppress(OSError):  # a full disk: a later agent reports once more what is known
            fresh.write_bytes(msgspec.json.encode(self._file))
            fresh.replace(self._path)
