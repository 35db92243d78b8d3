"""`tensorfleet queue policy`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import InvalidRequest

if TYPE_CHECKING:
    from tensorfleet.wire.queue import PolicyView

EPILOG = examples(
    "tensorfleet queue policy",
    "tensorfleet queue policy --set half_life=3d --set teams.vision.share=3 --set teams.vision.cap=16",
    "tensorfleet queue policy --reset teams.vision.cap --dry-run",
    "tensorfleet queue policy -f policy.yaml",
)


@click.command(epilog=EPILOG)
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Change a setting; repeat.")
@click.option("--reset", "resets", multiple=True, metavar="NAME", help="Back to its default; repeat.")
@click.option("-f", "--file", type=click.Path(path_type=Path), help="The whole policy, YAML or JSON.")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@click.option("--force", is_flag=True, help="Also a quota below what is held.")
@talks_to_head
def policy(
    session: Session, sets: tuple[str, ...], resets: tuple[str, ...], file: Path | None, dry_run: bool, force: bool
) -> None:
    """Show the settings of the queue, or change them: all that is given, or nothing.

    Times are written like 30m, 8h or 7d; a cap may be none. With -f, what the file does not say goes back to its
    default. Each change is an event that tells who made it: `tensorfleet events`.
    """
    if file is not None and (sets or resets):
        raise InvalidRequest("-f gives the whole policy.", "Leave --set and --reset out, or change the file.")
    if file is not None:
        from tensorfleet.wire.policyfile import read_policy_file

        settings = read_policy_file(_read(file), str(file))
        view = session.client.queue.replace_policy(settings, dry_run=dry_run, force=force)
    elif sets or resets:
        named = dict(_pair(text) for text in sets)
        if len(named) < len(sets):
            raise InvalidRequest("--set gives one setting twice.", "Keep one of them.")
        view = session.client.queue.set_policy(named, reset=resets, dry_run=dry_run, force=force)
    else:
        view = session.client.queue.policy()
    if session.json:
        session.document(view)
    elif file is None and not sets and not resets:
        _show(session, view)
    else:
        _tell(session, view, dry_run)


def _show(session: Session, view: PolicyView) -> None:
    from tensorfleet.cli.table import table

    rows = [
        (each.name, each.text, each.default_text if each.value != each.default else "", each.unit, each.meaning)
        for each in view.settings
    ]
    for line in table(("SETTING", "VALUE", "DEFAULT", "UNIT", "MEANING"), rows):
        session.say(line)


def _tell(session: Session, view: PolicyView, dry_run: bool) -> None:
    for each in view.changes:
        session.say(f"{each.name}  {each.old} -> {each.new}")
    if not view.changes:
        session.note("It says that already.")
    elif dry_run:
        session.note("Nothing was changed.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise InvalidRequest(f"--set {text[:60]!r} is not NAME=VALUE.")
    return name.strip(), value.strip()


def _read(file: Path) -> bytes:
    from tensorfleet.wire.jobfile import MAX_BYTES

    try:
        with file.open("rb") as source:
            return source.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(f"The policy file {file} cannot be read: {error.strerror}.", "Check -f.") from error
