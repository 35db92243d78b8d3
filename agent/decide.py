"""The agent's brain: commands and happenings in, actions out. Pure; `work.py` carries the actions out.

A share of an attempt goes one way only: preparing, prepared, launching, running, draining, ended. Commands may come
twice or late: each takes effect once, and a command of an older attempt has none. Whatever the head has not yet
acknowledged is reported again after every reconnect.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

import msgspec

from tensorfleet.wire.messages import (
    AgentMessage,
    AssignTask,
    ForgetTask,
    HaltTask,
    LaunchTask,
    ReportTaskCompletion,
    ReportTaskProgress,
    TaskState,
)


class Phase(StrEnum):
    PREPARING = "preparing"
    PREPARED = "prepared"
    LAUNCHING = "launching"
    RUNNING = "running"
    DRAINING = "draining"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Task:
    """port: the reserved rendezvous port. completion: what to tell the head, once it is known; its outputs are
    filled in when everything has been drained."""

    assign: AssignTask
    phase: Phase = Phase.PREPARING
    port: int = 0
    halted: bool = False
    completion: ReportTaskCompletion | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    alloc: str
    port: int


@dataclass(frozen=True, slots=True)
class NotPrepared:
    """fault: whether the machine or the platform is to blame."""

    alloc: str
    error: str
    fault: bool


@dataclass(frozen=True, slots=True)
class Started:
    alloc: str


@dataclass(frozen=True, slots=True)
class Exited:
    """Every rank is over; the completion has no outputs yet."""

    alloc: str
    completion: ReportTaskCompletion


@dataclass(frozen=True, slots=True)
class Drained:
    """The head has the logs and curves, and the files under the manifest `outputs`."""

    alloc: str
    outputs: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A session with the head is up."""


Happening = (
    AssignTask | LaunchTask | HaltTask | ForgetTask | Prepared | NotPrepared | Started | Exited | Drained | Connected
)


@dataclass(frozen=True, slots=True)
class Prepare:
    assign: AssignTask


@dataclass(frozen=True, slots=True)
class StartRanks:
    assign: AssignTask
    master: str


@dataclass(frozen=True, slots=True)
class EndRanks:
    """grace, ask: as in HaltTask."""

    alloc: str
    grace: float
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Drain:
    """Bring home what the task left: logs, curves, files."""

    alloc: str


@dataclass(frozen=True, slots=True)
class Remove:
    alloc: str


@dataclass(frozen=True, slots=True)
class Report:
    message: AgentMessage


Action = Prepare | StartRanks | EndRanks | Drain | Remove | Report


@dataclass(slots=True)
class Brain:
    """tasks: by alloc. newest: the highest attempt of each job seen here, so that an older one never starts, nor one
    that is over and forgotten."""

    tasks: dict[str, Task] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)

    def handle(self, what: Happening) -> list[Action]:
        """What to do about `what`."""
        match what:
            case AssignTask():
                return self._assign(what)
            case Connected():
                return [action for task in self.tasks.values() for action in _again(task)]
            case _:
                pass
        task = self.tasks.get(what.alloc)
        if task is None:
            return _unknown(what)
        match what:
            case LaunchTask():
                return self._launch(task, what.master)
            case HaltTask():
                return self._halt(task, what)
            case ForgetTask():
                return self._forget(task)
            case Prepared():
                return self._prepared(task, what.port)
            case NotPrepared():
                return self._end(task, error=what.error, fault=what.fault)
            case Started():
                self._put(replace(task, phase=Phase.RUNNING))
                return [Report(ReportTaskProgress(what.alloc, "running"))]
            case Exited():
                self._put(replace(task, phase=Phase.DRAINING, completion=what.completion))
                return [Drain(what.alloc)]
            case Drained():
                completion = task.completion or ReportTaskCompletion(what.alloc)
                return self._report_end(task, _with_outputs(completion, what.outputs))

    def adopt(self, task: Task) -> None:
        """A task found on disk after a restart of the agent."""
        self._put(task)
        self.newest[task.assign.job] = max(task.assign.attempt, self.newest.get(task.assign.job, 0))

    def states(self) -> tuple[TaskState, ...]:
        """All tasks as the head knows phases."""
        shown: dict[Phase, Literal["assigned", "prepared", "running", "ended"]] = {
            Phase.PREPARING: "assigned",
            Phase.PREPARED: "prepared",
            Phase.LAUNCHING: "prepared",
            Phase.RUNNING: "running",
            Phase.DRAINING: "running",
            Phase.ENDED: "ended",
        }
        return tuple(TaskState(alloc, shown[task.phase]) for alloc, task in self.tasks.items())

    def _put(self, task: Task) -> None:
        self.tasks[task.assign.alloc] = task

    def _assign(self, assign: AssignTask) -> list[Action]:
        known = self.tasks.get(assign.alloc)
        if known:
            return _again(known)
        if assign.attempt <= self.newest.get(assign.job, 0):
            why = "this attempt of the job, or a newer one, was here before."
            stale = ReportTaskCompletion(assign.alloc, error=why, fault=True)
            return [Report(stale)]
        self.newest[assign.job] = assign.attempt
        self._put(Task(assign))
        return [Prepare(assign)]

    def _prepared(self, task: Task, port: int) -> list[Action]:
        task = replace(task, phase=Phase.PREPARED, port=port)
        if task.halted:
            return self._end(task, error="it was stopped before it started.")
        self._put(task)
        if task.assign.solo:
            return self._launch(task, f"127.0.0.1:{port}")
        return [Report(ReportTaskProgress(task.assign.alloc, "prepared", port))]

    def _launch(self, task: Task, master: str) -> list[Action]:
        if task.phase is not Phase.PREPARED:
            return _again(task)
        self._put(replace(task, phase=Phase.LAUNCHING))
        return [StartRanks(task.assign, master)]

    def _halt(self, task: Task, what: HaltTask) -> list[Action]:
        match task.phase:
            case Phase.PREPARING:
                self._put(replace(task, halted=True))
                return []
            case Phase.PREPARED:
                return self._end(task, error="it was stopped before it started.")
            case Phase.LAUNCHING | Phase.RUNNING:
                return [EndRanks(what.alloc, what.grace, what.ask)]
            case Phase.DRAINING | Phase.ENDED:
                return _again(task)

    def _end(self, task: Task, error: str, fault: bool = False) -> list[Action]:
        """Over without a single rank having run."""
        return self._report_end(task, ReportTaskCompletion(task.assign.alloc, error=error, fault=fault))

    def _report_end(self, task: Task, completion: ReportTaskCompletion) -> list[Action]:
        self._put(replace(task, phase=Phase.ENDED, completion=completion))
        return [Report(completion)]

    def _forget(self, task: Task) -> list[Action]:
        if task.phase is not Phase.ENDED:
            return self._halt(task, HaltTask(task.assign.alloc, 0.0))
        del self.tasks[task.assign.alloc]
        return [Remove(task.assign.alloc)]


def _again(task: Task) -> list[Action]:
    """The report that the head may have missed."""
    alloc = task.assign.alloc
    match task.phase:
        case Phase.PREPARED:
            return [Report(ReportTaskProgress(alloc, "prepared", task.port))]
        case Phase.RUNNING:
            return [Report(ReportTaskProgress(alloc, "running"))]
        case Phase.ENDED if task.completion:
            return [Report(task.completion)]
        case _:
            return []


def _unknown(what: Happening) -> list[Action]:
    """Something about a task that is not, or no longer, here."""
    if isinstance(what, HaltTask | LaunchTask):
        return [Report(ReportTaskCompletion(what.alloc, error="the node does not know of it.", fault=True))]
    return []


def _with_outputs(done: ReportTaskCompletion, outputs: str) -> ReportTaskCompletion:
    return msgspec.structs.replace(done, outputs=outputs)
