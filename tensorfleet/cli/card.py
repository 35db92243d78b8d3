"""How a job ended, for a person: the cause, where it began, the last lines, what to try."""

from __future__ import annotations

import click

from tensorfleet.cli.human import span
from tensorfleet.cli.lines import harmless
from tensorfleet.cli.session import Session
from tensorfleet.core.job import JobState
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.rest import JobView, LogLine

LAST_LINES = 12


def job_exit_code(job: JobView) -> int:
    """What `run` and `--wait` exit with for a job that is over."""
    code = job.cause.exit_code if job.cause else 0
    return 0 if job.state is JobState.SUCCEEDED else code or 1


def card(session: Session, job: JobView, tail: bool = True) -> None:
    """Says how `job` ended. tail: with the last lines of the rank where it began, for a failed one."""
    if session.json:
        return
    took = f" after {span(job.ended - job.started)}" if job.ended and job.started else ""
    cause = job.cause
    if job.state is JobState.SUCCEEDED or cause is None:
        session.note(f"{job.name} ({job.id}) {job.state.value}{took}.")
        return
    colour = "yellow" if job.state is JobState.CANCELLED else "red"
    lines = [click.style(f"{job.name} ({job.id}) {job.state.value}{took}: ", fg=colour, bold=True) + cause.text]
    if cause.node:
        rank = "" if cause.rank is None else f"rank {cause.rank} on "
        lines.append(f"  began    {rank}{cause.node}, attempt {job.attempt}")
    lines.append(f"  code     {cause.code}, exit code {job_exit_code(job)}; to blame: {cause.by}")
    if tail and job.state is JobState.FAILED:
        lines += [f"  | {harmless(line.text)}" for line in _tail(session, job)]
    if cause.hint:
        lines.append(click.style("  try      ", fg="cyan") + cause.hint)
    click.echo("\n".join(lines), err=True)


def _tail(session: Session, job: JobView) -> list[LogLine]:
    rank = job.cause.rank if job.cause else None
    try:
        return list(session.client.logs(job.id, rank=rank, tail=LAST_LINES))
    except TensorFleetError:
        return []  # the card is worth showing without them
