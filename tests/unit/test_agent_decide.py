"""The agent's brain: each command takes effect once, in whatever order it comes, and one of an older attempt never."""

from __future__ import annotations

from tensorfleet.agent import decide
from tensorfleet.wire.messages import (
    AssignTask,
    ExitReport,
    ForgetTask,
    HaltTask,
    LaunchTask,
    ReportTaskCompletion,
    ReportTaskProgress,
)


def assign(attempt: int = 1, solo: bool = False) -> AssignTask:
    return AssignTask(f"j1.{attempt}.0", "j1", "digits", attempt, 0, 0, (1, 1), (), ("true",), {}, "", "", False, solo)


def running() -> decide.Brain:
    brain = decide.Brain()
    brain.handle(assign())
    brain.handle(decide.Prepared("j1.1.0", 4000))
    brain.handle(LaunchTask("j1.1.0", "10.0.0.1:4000"))
    brain.handle(decide.Started("j1.1.0"))
    return brain


def ended() -> decide.Brain:
    brain = running()
    brain.handle(decide.Exited("j1.1.0", ReportTaskCompletion("j1.1.0", (ExitReport(0, 0),))))
    brain.handle(decide.Drained("j1.1.0", ""))
    return brain


def test_a_task_that_is_known_is_not_prepared_again() -> None:
    brain = running()
    assert brain.handle(assign()) == [decide.Report(ReportTaskProgress("j1.1.0", "running"))]


def test_a_second_launch_starts_nothing() -> None:
    brain = running()
    again = brain.handle(LaunchTask("j1.1.0", "10.0.0.1:4000"))
    assert again == [decide.Report(ReportTaskProgress("j1.1.0", "running"))]


def test_an_older_attempt_does_not_start() -> None:
    brain = decide.Brain()
    brain.handle(assign(2))
    (refusal,) = brain.handle(assign(1))
    assert isinstance(refusal, decide.Report)
    assert isinstance(refusal.message, ReportTaskCompletion)
    assert refusal.message.fault
    assert list(brain.tasks) == ["j1.2.0"]


def test_an_attempt_that_is_over_and_forgotten_does_not_start_again() -> None:
    brain = ended()
    assert brain.handle(ForgetTask("j1.1.0")) == [decide.Remove("j1.1.0")]
    (refusal,) = brain.handle(assign())
    assert isinstance(refusal, decide.Report)
    assert not brain.tasks


def test_a_task_that_runs_is_not_forgotten() -> None:
    brain = running()
    assert brain.handle(ForgetTask("j1.1.0")) == [decide.EndRanks("j1.1.0", 0.0)]
    assert "j1.1.0" in brain.tasks


def test_an_unknown_task_is_answered() -> None:
    brain = decide.Brain()
    for command in (HaltTask("j1.1.0", 0.0), LaunchTask("j1.1.0", "x:1")):
        (answer,) = brain.handle(command)
        assert isinstance(answer, decide.Report)
        assert isinstance(answer.message, ReportTaskCompletion)
        assert answer.message.fault


def test_an_end_is_reported_until_it_is_acknowledged() -> None:
    brain = ended()
    first = brain.handle(decide.Connected())
    assert first == brain.handle(decide.Connected())
    assert isinstance(first[0], decide.Report)
    brain.handle(ForgetTask("j1.1.0"))
    assert brain.handle(decide.Connected()) == []


def test_a_stop_while_preparing_starts_no_rank() -> None:
    brain = decide.Brain()
    brain.handle(assign(solo=True))
    assert brain.handle(HaltTask("j1.1.0", 5.0)) == []
    (report,) = brain.handle(decide.Prepared("j1.1.0", 4000))
    assert isinstance(report, decide.Report)
    assert isinstance(report.message, ReportTaskCompletion)
