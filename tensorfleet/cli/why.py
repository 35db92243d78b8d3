"""`tensorfleet why`"""

from __future__ import annotations

import click

from tensorfleet.cli.outlook import lines
from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet why 7k3m9q", "tensorfleet why bert --json"))
@click.argument("job")
@talks_to_head
def why(session: Session, job: str) -> None:
    """Explain what JOB waits for, or why it ended."""
    answer = session.client.why(job)
    if session.json:
        session.document(answer)
        return
    place = f", number {answer.position} in the queue" if answer.position else ""
    session.say(f"{answer.state.value}{place}: {answer.text}")
    for line in lines(answer):
        session.say(line)
