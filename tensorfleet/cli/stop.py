"""`tensorfleet stop`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(
    epilog=examples(
        "tensorfleet stop 7k3m9q", "tensorfleet stop bert digits --grace 60s", "tensorfleet stop 7k3m9q --wait"
    )
)
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--grace", metavar="TIME", help="Between SIGTERM and SIGKILL. [default: the job's own, 10s]")
@click.option("--wait", "wait", is_flag=True, help="Return only when they are over.")
@talks_to_head
def stop(session: Session, jobs: tuple[str, ...], grace: str | None, wait: bool) -> None:
    """Stop each JOB: SIGTERM to all its processes, a grace period, then SIGKILL.

    Ranks that ask `tensorfleet.should_stop()` have the grace to save and return before any signal.
    """
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import LIVE, TERMINAL
    from tensorfleet.wire.units import parse_duration

    seconds = None if grace is None else parse_duration(grace, "--grace")
    for_each(session, jobs, lambda job: session.client.stop(job, seconds), TERMINAL if wait else None, LIVE)
