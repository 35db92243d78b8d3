"""`tensorfleet metrics`"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

if TYPE_CHECKING:
    from tensorfleet.wire.rest import Series

EPILOG = examples(
    "tensorfleet metrics digits", "tensorfleet metrics digits -f --name loss", "tensorfleet metrics 7k3m9q --json"
)
REDRAW = 0.3


@click.command(epilog=EPILOG)
@click.argument("job")
@click.option("-f", "--follow", is_flag=True, help="Draw it live until the job is over.")
@click.option("--name", default="", help="Only this curve, such as loss.")
@click.option("--rank", type=click.IntRange(0), help="Only this rank.")
@click.option("--points", type=click.IntRange(2, 10_000), default=500, show_default=True, help="At most so many each.")
@talks_to_head
def metrics(session: Session, job: str, follow: bool, name: str, rank: int | None, points: int) -> None:
    """Draw the curves of JOB: what it logged, its TensorBoard files, or its `loss=0.1` lines."""
    if follow:
        follow_curves(session, job, name, rank, points)
        return
    found = session.client.metrics(job, name=name, rank=rank, points=points)
    if session.json:
        session.document(found)
    elif not found:
        session.note(f"{job} has logged no numbers yet{f' named {name}' if name else ''}.")
    else:
        for line in pictures(found):
            session.say(line)


def follow_curves(session: Session, job: str, name: str, rank: int | None, points: int) -> None:
    """Draws again as points arrive, until the job is over; with --json each new point is a line."""
    from tensorfleet.wire.rest import JobView

    height, drawn = 0, 0.0
    for item in session.client.follow_metrics(job, name=name, rank=rank):
        over = isinstance(item, JobView)
        if session.json:
            session.record(item)
        elif over or (sys.stdout.isatty() and time.monotonic() - drawn > REDRAW):
            lines = pictures(session.client.metrics(job, name=name, rank=rank, points=points))
            sys.stdout.write(f"\x1b[{height}A\x1b[J" if height else "")
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()
            height, drawn = len(lines), time.monotonic()
        if over:
            return


def pictures(found: list[Series]) -> list[str]:
    """Every curve, those of the same name from several ranks in one picture."""
    from tensorfleet.cli.curves import draw

    by_name: dict[str, list[Series]] = {}
    for series in found:
        by_name.setdefault(series.name, []).append(series)
    lines: list[str] = []
    for name, curves in by_name.items():
        lines += [*draw(name, curves, colour=sys.stdout.isatty()), ""]
    return lines
