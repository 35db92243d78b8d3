"""`tensorfleet ps`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

ENDED = ("succeeded", "failed", "cancelled")
STATES = ("queued", "starting", "running", "recovering", "pausing", "paused", "stopping", *ENDED)


@click.command(epilog=examples("tensorfleet ps", "tensorfleet ps --all -n 20", "tensorfleet ps --state failed --json"))
@click.option("-a", "--all", "every", is_flag=True, help="Also jobs that are over.")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only jobs in this state; repeat.")
@click.option("--owner", default="", help="Only this person's jobs.")
@click.option("--team", default="", help="Only this team's jobs.")
@click.option("-n", "most", type=click.IntRange(1, 100_000), default=200, show_default=True, help="At most so many.")
@click.option("-w", "--watch", is_flag=True, help="Stay, and draw the list again whenever something happens.")
@talks_to_head
def ps(session: Session, every: bool, states: tuple[str, ...], owner: str, team: str, most: int, watch: bool) -> None:
    """List jobs, newest first: those that wait or run, with --all also those that are over."""
    from tensorfleet.cli.redraw import redraw
    from tensorfleet.wire.rest import JobView

    chosen = states or (() if every else STATES[: -len(ENDED)])

    def jobs() -> list[JobView]:
        return list(session.client.jobs(states=chosen, owner=owner, team=team, most=most))

    if session.json:
        session.document(jobs())
    elif watch:
        redraw(session, lambda: _lines(jobs(), bool(chosen)))
    else:
        for line in _lines(jobs(), bool(chosen)):
            session.say(line)


def _lines(jobs: list, active: bool) -> list[str]:  # type: ignore[type-arg]  # of JobView, imported by the verb only
    from tensorfleet.cli.human import duration, shape
    from tensorfleet.cli.table import table

    if not jobs:
        return ["No such jobs now; `tensorfleet ps --all` shows every job." if active else "No jobs yet."]
    rows = []
    for job in jobs:
        state = job.state.value if job.reachable else "unreachable"
        why = job.cause.text if job.cause and job.state.value != "succeeded" else job.why
        if not why:
            why = ", ".join(share.node for share in job.shares)
        rows.append((job.id, job.name, state, duration(job), job.owner, shape(job.request), str(job.priority), why))
    return table(("ID", "NAME", "STATE", "TIME", "OWNER", "ASKS", "PRIO", "WHERE / WHY"), rows)
