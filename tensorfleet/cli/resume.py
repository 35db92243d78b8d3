"""`tensorfleet resume`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet resume 7k3m9q", "tensorfleet resume bert digits"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@talks_to_head
def resume(session: Session, jobs: tuple[str, ...]) -> None:
    """Take each paused JOB up again: it queues in its old place and goes on from its last checkpoint."""
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import JobState

    for_each(session, jobs, session.client.resume_job, of={JobState.PAUSED, JobState.PAUSING})
