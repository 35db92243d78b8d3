"""`tensorfleet doctor`"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

if TYPE_CHECKING:
    from tensorfleet.cli.checkup import Finding

COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}

EPILOG = examples(
    "tensorfleet doctor                            of this machine, whatever runs here",
    "tensorfleet doctor --data-dir /srv/fleet",
    "tensorfleet doctor --json",
)


@click.command(epilog=EPILOG)
@click.option("--data-dir", type=click.Path(path_type=Path), help="The head's. [default: where a head keeps it]")
@click.option("--agent-dir", type=click.Path(path_type=Path), help="The agent's. [default: where an agent keeps it]")
@talks_to_head
def doctor(session: Session, data_dir: Path | None, agent_dir: Path | None) -> int:
    """Look for what is wrong on this machine, and say what to do.

    On a head's machine, an agent's, or neither: what is not here is not looked at. Nothing is changed. Exits with 1
    if anything fails.
    """
    from tensorfleet.config.paths import agent_data_dir, default_data_dir

    found = []
    for finding in _look(session, data_dir or default_data_dir(), agent_dir or agent_data_dir()):
        found.append(finding)
        if not session.json:
            mark = click.style(f"{finding.level:>4}", fg=COLOURS[finding.level])
            session.say(f"{mark}  {finding.check}: {finding.text}")
            if finding.hint:
                session.say(f"      {finding.hint}")
    if session.json:
        session.document(found)
    return int(any(finding.level == "fail" for finding in found))


def _look(session: Session, head_dir: Path, agent_dir: Path) -> Iterator[Finding]:
    from tensorfleet.cli import checkup
    from tensorfleet.config.head import HeadSettings
    from tensorfleet.store.tinydb import FILE

    if (head_dir / FILE).exists():
        yield from checkup.data_dir(head_dir)
        yield from checkup.disk(head_dir)
        yield from checkup.store(head_dir)
        yield from checkup.quarantine(head_dir)
        yield from checkup.certificates(head_dir, ("ca.pem", "server.pem"))
    reached = list(checkup.head(lambda: session.client))
    yield from reached
    if (head_dir / FILE).exists() and reached[0].level == "fail":
        usual = HeadSettings(data_dir=head_dir)
        yield from checkup.ports((usual.http_port, usual.rpc_port))
    if agent_dir.is_dir():
        yield from checkup.data_dir(agent_dir)
        yield from checkup.disk(agent_dir)
        yield from checkup.certificates(agent_dir / "identity", ("ca.pem", "node.pem"))
        yield from checkup.dials(_targets(agent_dir))
    yield from checkup.containment()
    yield from checkup.gpus()
    yield from checkup.python()
    yield from checkup.names()


def _targets(agent_dir: Path) -> tuple[str, ...]:
    from tensorfleet.agent.joining.identity import Identity
    from tensorfleet.errors import TensorFleetError

    folder = agent_dir / "identity"
    try:
        return Identity(folder).targets if (folder / "node.key").exists() else ()
    except (TensorFleetError, OSError):
        return ()
