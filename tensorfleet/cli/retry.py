"""`tensorfleet retry`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet retry 7k3m9q", "tensorfleet retry bert --wait"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--wait", "wait", is_flag=True, help="Return only when they are over.")
@talks_to_head
def retry(session: Session, jobs: tuple[str, ...], wait: bool) -> None:
    """Try each JOB that failed or was cancelled once more, under its own id, from its last checkpoint.

    Its code and settings stay as they were; `tensorfleet clone` runs it anew with changes.
    """
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import TERMINAL, JobState

    for_each(session, jobs, session.client.retry, TERMINAL if wait else None, {JobState.FAILED, JobState.CANCELLED})
