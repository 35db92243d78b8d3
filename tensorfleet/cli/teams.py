"""`tensorfleet teams`: shares and limits of teams, and of users in them. The queue's policy is where they are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import Conflict, InvalidRequest, NotFound


@click.group(invoke_without_command=True)
@talks_to_head
def teams(session: Session) -> None:
    """List the teams, and change their shares and limits. Without a command: list them."""
    if click.get_current_context().invoked_subcommand is None:
        _list(session)


@teams.command("list", epilog=examples("tensorfleet teams list", "tensorfleet teams list --json"))
@talks_to_head
def listing(session: Session) -> None:
    """List the teams and their users: share, guarantee, cap, what they hold, what runs and waits."""
    _list(session)


def _entitles(verb: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--force", is_flag=True, help="Also a quota below what is held."),
        click.option("--cap", metavar="N|none", help="GPUs that it may hold at once. [none]"),
        click.option("--guarantee", metavar="N", help="GPUs it gets back from those who borrowed them. [0]"),
        click.option("--share", metavar="WEIGHT", help="Its weight against the others that have work. [1]"),
    ):
        verb = option(verb)
    return verb


@teams.command(
    epilog=examples("tensorfleet teams add vision --share 3 --cap 16", "tensorfleet teams add vision/ada --cap 4")
)
@click.argument("name", metavar="TEAM[/USER]")
@_entitles
@talks_to_head
def add(session: Session, name: str, **limits: Any) -> None:
    """Give a team, or a user in it, a share and limits of its own; refused where it has some."""
    prefix = _prefix(name)
    if any(each.name.startswith(prefix) for each in session.client.queue.policy().settings):
        raise Conflict(f"{name} has a share and limits already.", f"Change them: `tensorfleet teams set {name}`.")
    limits["share"] = limits["share"] or "1"
    _apply(session, prefix, limits)


@teams.command(
    "set", epilog=examples("tensorfleet teams set vision --share 4", "tensorfleet teams set vision --cap none")
)
@click.argument("name", metavar="TEAM[/USER]")
@_entitles
@talks_to_head
def change(session: Session, name: str, **limits: Any) -> None:
    """Change the share and limits of a team, or of a user in it."""
    if all(limits[each] is None for each in ("share", "guarantee", "cap")):
        raise InvalidRequest("Nothing is to be changed.", "Give --share, --guarantee or --cap.")
    _apply(session, _prefix(name), limits)


@teams.command(epilog=examples("tensorfleet teams remove vision", "tensorfleet teams remove vision/ada"))
@click.argument("name", metavar="TEAM[/USER]")
@talks_to_head
def remove(session: Session, name: str) -> None:
    """Take the share and limits of a team and of its users away, or those of a user. Jobs and people stay."""
    own = [each.name for each in session.client.queue.policy().settings]
    wanted = (_prefix(name),) if "/" in name else (_prefix(name), f"users.{name}/")
    gone = sorted({each.rpartition(".")[0] for each in own if each.startswith(wanted)})
    if not gone:
        raise NotFound(f"{name} has no share and limits of its own.", "`tensorfleet teams` lists them.")
    _told(session, session.client.queue.set_policy({}, reset=gone))


def _prefix(name: str) -> str:
    return f"{'users' if '/' in name else 'teams'}.{name}."


def _apply(session: Session, prefix: str, limits: dict[str, Any]) -> None:
    sets = {f"{prefix}{leaf}": limits[leaf] for leaf in ("share", "guarantee", "cap") if limits[leaf] is not None}
    _told(session, session.client.queue.set_policy(sets, force=limits["force"]))


def _told(session: Session, view: Any) -> None:
    if session.json:
        session.document(view.changes)
        return
    for each in view.changes:
        session.say(f"{each.name}  {each.old} -> {each.new}")


def _list(session: Session) -> None:
    found = session.client.queue.teams()
    if session.json:
        session.document(found)
        return
    from tensorfleet.cli.table import table

    rows = [
        (
            each.name,
            f"{each.share:g}",
            str(each.guarantee),
            "none" if each.cap is None else str(each.cap),
            str(each.holds),
            str(each.running),
            str(each.waiting),
        )
        for item in found
        for each in (item.team, *item.users)
    ]
    for line in table(("TEAM", "SHARE", "GUARANTEE", "CAP", "HOLDS", "RUNNING", "WAITING"), rows):
        session.say(line)
