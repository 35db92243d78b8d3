"""`tensorfleet keys`: who may use the fleet from scripts and other machines."""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.group()
def keys() -> None:
    """List, make and revoke API keys."""


@keys.command("list", epilog=examples("tensorfleet keys list", "tensorfleet keys list --json"))
@talks_to_head
def listing(session: Session) -> None:
    """List the keys one may see, without their secrets."""
    found = session.client.keys()
    if session.json:
        session.document(found)
        return
    from tensorfleet.cli.human import ago, clock
    from tensorfleet.cli.table import table

    rows = [
        (key.id, key.user, key.team, key.role, ago(key.used), clock(key.expires) if key.expires else "never")
        for key in found
    ]
    for line in table(("ID", "USER", "TEAM", "ROLE", "USED", "EXPIRES"), rows):
        session.say(line)


@keys.command(epilog=examples("tensorfleet keys create ada --team vision", "tensorfleet keys create ci --days 30"))
@click.argument("user")
@click.option("--team", default="", help="The team its jobs count for.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "member", "operator", "admin"]),
    default="member",
    show_default=True,
    help="What it may do.",
)
@click.option("--days", type=click.FloatRange(0, min_open=True), help="How long it is good for.")
@talks_to_head
def create(session: Session, user: str, team: str, role: str, days: float | None) -> None:
    """Make a key for USER and print it; it is shown only once."""
    made = session.client.create_key(user, team, role, days)
    if session.json:
        session.document(made)
    else:
        session.say(made.key or "")
        session.note(f"Shown only now. On {user}'s machine: tensorfleet login {session.client.url} --api-key KEY")


@keys.command(epilog=examples("tensorfleet keys revoke k1a2b3c4", "tensorfleet keys revoke k1a2b3c4 --json"))
@click.argument("key", metavar="ID")
@talks_to_head
def revoke(session: Session, key: str) -> None:
    """Make the key with this ID worthless, at once."""
    session.client.revoke_key(key)
    session.document({"revoked": key}) if session.json else session.say(f"{key} was revoked.")
