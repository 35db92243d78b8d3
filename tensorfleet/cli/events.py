"""`tensorfleet events`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

EPILOG = examples("tensorfleet events", "tensorfleet events 7k3m9q", "tensorfleet events -f --json")


@click.command(epilog=EPILOG)
@click.argument("job", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@click.option("-n", "most", type=click.IntRange(1, 1000), default=50, show_default=True, help="The last so many.")
@talks_to_head
def events(session: Session, job: str | None, follow: bool, most: int) -> None:
    """Tell what happened, to JOB or in the whole fleet, oldest first."""
    from tensorfleet.cli.human import clock
    from tensorfleet.wire.rest import EventView

    def tell(event: EventView) -> None:
        if session.json:
            session.record(event)
        else:
            actor = f"  by {event.actor}" if event.actor else ""
            session.say(f"{clock(event.at)}  {event.kind:<16}  {event.text}{actor}")

    subject = session.client.job(job).id if job else ""
    last = 0
    for event in session.client.recent_events(subject, most):
        tell(event)
        last = event.id
    if follow:
        for event in session.client.follow_events(subject, after=last):
            tell(event)
