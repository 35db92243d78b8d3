"""`tensorfleet requeue`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet requeue 7k3m9q", "tensorfleet requeue bert --grace 5m"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--grace", metavar="TIME", help="For a checkpoint, before signals. [default: the job's own, at least 1m]")
@talks_to_head
def requeue(session: Session, jobs: tuple[str, ...], grace: str | None) -> None:
    """Put each running JOB back into the queue: whoever is more urgent goes first, then it goes on.

    Its ranks save and end as at a pause. It starts again by itself, perhaps on other nodes.
    """
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import PLACED
    from tensorfleet.wire.units import parse_duration

    seconds = None if grace is None else parse_duration(grace, "--grace")
    for_each(session, jobs, lambda job: session.client.requeue(job, seconds), of=PLACED)
