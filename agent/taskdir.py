"""The directory of one share of an attempt, and what an agent that comes back finds in it.

assign.json (what the head asked) · work/ (the code) · run/ (metrics, stop, listens) · output/ (what comes back) ·
logs/ (what the ranks wrote) · done.json (the completion the head has not acknowledged yet), beside the shim's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tensorfleet.agent.decide import Phase, Task
from tensorfleet.agent.ranks.durable import reserve_json, write_json
from tensorfleet.wire.messages import AssignTask, ReportTaskCompletion

COMPLETION = 1 << 14
"""Bytes set aside for the report of the end, so that it can be written when the disk has filled up since."""


@dataclass(frozen=True, slots=True)
class TaskDir:
    path: Path

    @property
    def work(self) -> Path:
        return self.path / "work"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def output(self) -> Path:
        return self.path / "output"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def curves(self) -> Path:
        return self.path / "curves.json"

    @property
    def launched(self) -> bool:
        """Whether ranks may have been started: the shim's own tombstone is there."""
        return (self.path / "task.json").exists()

    def make(self, assign: AssignTask) -> None:
        """Creates the directory for `assign`; one that is there already is kept."""
        for folder in (self.work, self.run, self.output, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        write_json(str(self.path / "assign.json"), msgspec.to_builtins(assign))
        reserve_json(str(self.path / "done.json"), COMPLETION)

    def taken_up(self) -> int:
        """Counts the agents that took it up unprepared, an earlier one having died: this is which of them."""
        rested, count = self.path / "rested", self.path / "taken-up"
        if rested.exists():
            rested.unlink()
            return 0
        times = 1 + int(count.read_text() or 0) if count.exists() else 1
        write_json(str(count), times)
        return times

    def prepared(self) -> None:
        """It is ready, so it kills no agent."""
        (self.path / "taken-up").unlink(missing_ok=True)

    def rest(self) -> None:
        """This agent leaves it unprepared because it was asked to end."""
        (self.path / "rested").touch()

    def complete(self, completion: ReportTaskCompletion) -> None:
        """Remembers durably how it ended, before the head is told."""
        write_json(str(self.path / "done.json"), msgspec.to_builtins(completion))

    def ask_to_stop(self) -> None:
        """What `tensorfleet.should_stop()` in the ranks looks for."""
        (self.run / "stop").touch()

    @property
    def listens(self) -> bool:
        """Whether a rank has ever looked for the wish to stop, so that it may be waited for."""
        return (self.run / "listens").exists()

    @property
    def heard(self) -> bool:
        """Whether the ranks may have ended because they were asked to."""
        return self.listens and (self.run / "stop").exists()

    def found(self) -> Task | None:
        """The task as an earlier agent left it; None for a directory that never got that far."""
        try:
            assign = msgspec.json.decode((self.path / "assign.json").read_bytes(), type=AssignTask)
        except (OSError, msgspec.MsgspecError):
            return None
        try:
            done = msgspec.json.decode((self.path / "done.json").read_bytes(), type=ReportTaskCompletion)
        except (OSError, msgspec.MsgspecError):
            return Task(assign, Phase.RUNNING if self.launched else Phase.PREPARING)
        return Task(assign, Phase.ENDED, completion=done)
