"""`tensorfleet logs`"""

from __future__ import annotations

import time

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

EPILOG = examples(
    "tensorfleet logs 7k3m9q -f",
    "tensorfleet logs bert --rank 3 --tail 50",
    "tensorfleet logs 7k3m9q --since 10m",
)


@click.command(epilog=EPILOG)
@click.argument("job")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job is over; Ctrl-C leaves it alone.")
@click.option("--rank", type=click.IntRange(0), help="Only this rank.")
@click.option("--attempt", type=click.IntRange(1), help="Only this attempt.")
@click.option("--since", metavar="TIME", help="Only lines of the last TIME, such as 10m.")
@click.option("--tail", type=click.IntRange(1, 10_000), metavar="N", help="Only the last N lines.")
@talks_to_head
def logs(
    session: Session,
    job: str,
    follow: bool,
    rank: int | None,
    attempt: int | None,
    since: str | None,
    tail: int | None,
) -> None:
    """Print what the ranks of JOB wrote, merged in the order it arrived."""
    from tensorfleet.cli.lines import LinePrinter
    from tensorfleet.wire.rest import JobView
    from tensorfleet.wire.units import parse_duration

    start = time.time() - parse_duration(since, "--since") if since else 0.0
    view = session.client.job(job)
    printer = LinePrinter(session, prefix=view.request.ranks > 1 and rank is None)
    if not follow:
        for line in session.client.logs(view.id, rank=rank, attempt=attempt, since=start, tail=tail or 0):
            printer.show(line)
        printer.end()
        return
    try:
        for item in session.client.follow_logs(view.id, rank=rank, attempt=attempt, since=start, tail=tail or 0):
            if isinstance(item, JobView):
                break
            printer.show(item)
    finally:
        printer.end()
