"""`tensorfleet clone`"""

from __future__ import annotations

from typing import Any

import click

from tensorfleet.cli.run import job_options, send
from tensorfleet.cli.session import Session, examples, talks_to_head

EPILOG = examples(
    "tensorfleet clone 7k3m9q",
    "tensorfleet clone bert --gpus 16 -e LR=0.01 --name bert-16",
    "tensorfleet clone bert --workdir . -d",
)


@click.command(epilog=EPILOG)
@click.argument("source", metavar="JOB")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[[--] COMMAND...]")
@job_options
@talks_to_head
def clone(session: Session, source: str, detach: bool, wait_only: bool, dry_run: bool, **flags: Any) -> int:
    """Run what JOB ran once more, as a job of its own: the same code and settings, with the changes given.

    Nothing is uploaded unless --workdir is given. A recipe is taken over as the command it stood for.
    """
    from tensorfleet.cli.run import change_job

    job = change_job(session.client.job_file(source), flags)
    return send(session, job, None, flags, detach=detach, wait_only=wait_only, dry_run=dry_run)
