"""`tensorfleet version`"""

from __future__ import annotations

import click

from tensorfleet import __version__
from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import TensorFleetError


@click.command(epilog=examples("tensorfleet version", "tensorfleet version --json"))
@talks_to_head
def version(session: Session) -> None:
    """Print the version of this client, and of the head if one is reached."""
    head = None
    try:
        head = session.client.health()
    except TensorFleetError as error:
        session.note(f"head: {error.detail}")
    if session.json:
        session.document({"client": __version__, "head": head})
        return
    session.say(f"tensorfleet {__version__}")
    if head:
        session.say(f"head        {head.version} at {session.client.url}, fleet {head.fleet}")
