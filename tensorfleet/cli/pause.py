"""`tensorfleet pause`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet pause 7k3m9q", "tensorfleet pause bert --grace 5m --wait"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--grace", metavar="TIME", help="For a checkpoint, before signals. [default: the job's own, at least 1m]")
@click.option("--wait", "wait", is_flag=True, help="Return only when their nodes are free.")
@talks_to_head
def pause(session: Session, jobs: tuple[str, ...], grace: str | None, wait: bool) -> None:
    """Pause each JOB: its ranks save and end, its nodes are free, and it rests until it is resumed.

    Ranks that ask `tensorfleet.should_stop()` have the grace to save and return; others get SIGTERM at once.
    """
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import LIVE, RESTING
    from tensorfleet.wire.units import parse_duration

    seconds = None if grace is None else parse_duration(grace, "--grace")
    for_each(session, jobs, lambda job: session.client.pause(job, seconds), RESTING if wait else None, LIVE)
