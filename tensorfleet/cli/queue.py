"""`tensorfleet queue`: its order, its policy, and what people do to both."""

from __future__ import annotations

import click

from tensorfleet.cli.queuepolicy import policy


@click.group()
def queue() -> None:
    """Look at the queue and its policy, and change both."""


queue.add_command(policy)
