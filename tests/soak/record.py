"""What the disturbed training wrote down of itself: read while it runs, judged when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    attempt: int
    number: int
    loss: float
    at: float
    loading: float


@dataclass
class Record:
    folder: Path
    _offset: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "steps").touch()
        self.steps: list[Step] = []

    def read(self) -> list[Step]:
        """All steps so far; whole lines only."""
        with (self.folder / "steps").open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.decode().splitlines():
            attempt, number, loss, at, loading = line.split()
            self.steps.append(Step(int(attempt), int(number), float.fromhex(loss), float(at), float(loading)))
        return self.steps

    def last(self) -> Step | None:
        return self.read()[-1] if self.read() else None

    def pid(self, rank: int) -> tuple[int, int]:
        """The attempt and the pid of `rank` as it last started."""
        attempt, pid = (self.folder / f"pid-{rank}").read_text().split()
        return int(attempt), int(pid)

    def curve(self) -> dict[int, set[float]]:
        """Every loss that was ever computed for each step."""
        found: dict[int, set[float]] = {}
        for step in self.read():
            found.setdefault(step.number, set()).add(step.loss)
        return found
