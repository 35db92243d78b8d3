"""`tensorfleet kill`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet kill 7k3m9q", "tensorfleet kill bert --wait"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--wait", "wait", is_flag=True, help="Return only when they are over.")
@talks_to_head
def kill(session: Session, jobs: tuple[str, ...], wait: bool) -> None:
    """Kill each JOB at once: SIGKILL to all its processes. Nothing is saved; `stop` gives them time for that."""
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import LIVE, TERMINAL

    for_each(session, jobs, session.client.kill, TERMINAL if wait else None, LIVE)
