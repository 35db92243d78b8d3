"""`tensorfleet reserve`: nodes that are set aside, and the calendar of who holds what until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import InvalidRequest

if TYPE_CHECKING:
    from tensorfleet.wire.booking import BookingView, TenantView


@click.group(invoke_without_command=True)
@talks_to_head
def reserve(session: Session) -> None:
    """Set nodes aside for a team, a user, a class, or maintenance. Without a command: list the reservations."""
    if click.get_current_context().invoked_subcommand is None:
        _list(session)


@reserve.command(
    epilog=examples(
        "tensorfleet reserve add a b --team vision --at '2030-05-01 18:00' --until '2030-05-02 08:00'",
        "tensorfleet reserve add gpu-3 --maintenance --at +2h --for 4h --reason 'new fans'",
    )
)
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@click.option("--for", "length", metavar="TIME", help="How long, e.g. 8h.")
@click.option("--until", metavar="WHEN", help="Instead of --for.")
@click.option("--at", metavar="WHEN", help="From when on: an ISO time of this zone, or +2h. [now]")
@click.option("--team", default="", help="For this team.")
@click.option("--user", default="", help="For this user.")
@click.option("--class", "job_class", default="", help="For jobs of this class.")
@click.option("--maintenance", is_flag=True, help="For nobody.")
@click.option("--reason", default="", help="What for, in words.")
@talks_to_head
def add(
    session: Session,
    nodes: tuple[str, ...],
    length: str | None,
    until: str | None,
    at: str | None,
    team: str,
    user: str,
    job_class: str,
    maintenance: bool,
    reason: str,
) -> None:
    """Set each NODE aside. Jobs that are not admitted start there only if they are over before, or can be
    interrupted; these are put back into the queue when the reservation begins."""
    from tensorfleet.wire.booking import ReserveBody
    from tensorfleet.wire.units import parse_duration

    if (length is None) == (until is None):
        raise InvalidRequest("A reservation needs a length or an end.", "Give --for 8h, or --until TIME.")
    if not (team or user or job_class or maintenance):
        raise InvalidRequest("For whom?", "Give --team, --user or --class, or --maintenance.")
    body = ReserveBody(
        list(nodes),
        _when(at, "--at") if at else None,
        _when(until, "--until") if until else None,
        parse_duration(length, "--for") if length else None,
        team,
        user,
        job_class,
        maintenance,
        reason,
    )
    made = session.client.queue.reserve(body)
    if session.json:
        session.document(made)
    else:
        session.say(f"{made.id}: {', '.join(made.nodes)} for {made.whom}, {_span(made)}.")
    for each in made.stays:
        session.note(f"{_tenant(each)} goes on on {each.node} when it begins: it cannot be interrupted ({_end(each)}).")


@reserve.command("ls", epilog=examples("tensorfleet reserve ls", "tensorfleet reserve ls --json"))
@talks_to_head
def listing(session: Session) -> None:
    """List the reservations, the next one first."""
    _list(session)


@reserve.command(epilog=examples("tensorfleet reserve cancel r1a2b3c4d", "tensorfleet reserve cancel r1a2b3c4d --json"))
@click.argument("reservation")
@talks_to_head
def cancel(session: Session, reservation: str) -> None:
    """Cancel a RESERVATION."""
    session.client.queue.cancel_reservation(reservation)
    if not session.json:
        session.say(f"{reservation} is cancelled.")


@reserve.command(epilog=examples("tensorfleet reserve calendar", "tensorfleet reserve calendar --json"))
@talks_to_head
def calendar(session: Session) -> None:
    """Tell who holds which node until when: reservations and running jobs."""
    from tensorfleet.cli.human import clock
    from tensorfleet.cli.table import table

    view = session.client.queue.calendar()
    if session.json:
        session.document(view)
        return
    rows = [
        (node, f"reserved for {each.whom}", clock(each.start), clock(each.end))
        for each in view.reservations
        for node in each.nodes
    ]
    for job in view.jobs:
        rows.append((job.node, f"{_tenant(job)}, {job.ranks} ranks", clock(job.since), _end(job)))
    if not rows:
        session.say("Nothing is reserved, and nothing runs.")
        return
    for line in table(("NODE", "HELD BY", "FROM", "UNTIL"), sorted(rows)):
        session.say(line)


def _list(session: Session) -> None:
    from tensorfleet.cli.table import table

    view = session.client.queue.calendar()
    if session.json:
        session.document(view.reservations)
        return
    if not view.reservations:
        session.say("Nothing is reserved.")
        return
    rows = [
        (each.id, ", ".join(each.nodes), each.whom, _span(each), each.by, each.reason) for each in view.reservations
    ]
    for line in table(("ID", "NODES", "FOR", "WHEN", "BY", "REASON"), rows):
        session.say(line)


def _tenant(job: TenantView) -> str:
    return f"{job.name} ({job.job}) of {job.owner}" if job.job else f"a job of team {job.team}"


def _end(job: TenantView) -> str:
    from tensorfleet.cli.human import clock

    return clock(job.until) if job.until is not None else "no limit"


def _span(each: BookingView) -> str:
    from tensorfleet.cli.human import clock

    return f"{clock(each.start)} to {clock(each.end)}"


def _when(text: str, field: str) -> float:
    """Unix seconds of an ISO time (the local zone's where it names none), or of so long from now."""
    import time
    from datetime import datetime

    from tensorfleet.wire.units import parse_duration

    if text.startswith("+"):
        return time.time() + parse_duration(text[1:], field)
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise InvalidRequest(
            f"{field}: {text[:40]!r} is no time.", "Write it like '2030-05-01 18:00', or +2h."
        ) from None
