"""`tensorfleet usage`: GPU-hours, waiting and efficiency by user, team, GPU model or job."""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import InvalidRequest


@click.command(epilog=examples("tensorfleet usage --by user --since 7d", "tensorfleet usage --by gpu --csv"))
@click.option("--by", type=click.Choice(["user", "team", "gpu", "job"]), default="team", help="What a row is. [team]")
@click.option("--since", metavar="WHEN", default="30d", help="So long ago, or an ISO time. [30d]")
@click.option("--until", metavar="WHEN", help="So long ago, or an ISO time. [now]")
@click.option("--team", help="Only this team's.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, with a header.")
@talks_to_head
def usage(session: Session, by: str, since: str, until: str | None, team: str | None, as_csv: bool) -> None:
    """Report who used what: time held, jobs, waiting, and the part that was not lost."""
    if as_csv and session.json:
        raise InvalidRequest("--csv and --json exclude each other.", "Give one of them.")
    end = None if until is None else when(until, "until")
    view = session.client.queue.usage(by, since=when(since, "since"), until=end, team=team)
    if session.json:
        session.document(view)
        return
    if as_csv:
        import csv
        import sys

        import msgspec

        names = [each.name for each in msgspec.structs.fields(type(view.items[0]))] if view.items else ["name"]
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in view.items)
        return
    from tensorfleet.cli.table import table

    rows = [
        (
            row.name or "-",
            f"{row.gpu_hours:.1f}",
            f"{row.slot_hours:.1f}",
            str(row.jobs),
            _minutes(row.mean_wait),
            _minutes(row.p90_wait),
            "-" if row.efficiency is None else f"{row.efficiency:.0%}",
        )
        for row in view.items
    ]
    for line in table((by.upper(), "GPU-H", "SLOT-H", "JOBS", "WAIT", "P90", "EFFICIENCY"), rows):
        session.say(line)


def when(text: str, field: str) -> float:
    """Unix seconds of an ISO time (the local zone's where it names none), or of so long ago."""
    import time
    from datetime import datetime

    from tensorfleet.wire.units import parse_duration

    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return time.time() - parse_duration(text, field)


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 60:.1f}m"
