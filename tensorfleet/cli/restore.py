"""`tensorfleet restore`"""

from __future__ import annotations

import json
from pathlib import Path

import click

from tensorfleet.cli.session import examples

EPILOG = examples(
    "tensorfleet restore fleet.backup --data-dir /srv/fleet",
    "tensorfleet restore /mnt/nas/fleet.backup --data-dir ~/.local/share/tensorfleet --json",
)


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data-dir", type=click.Path(path_type=Path), required=True, help="A new or empty directory.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def restore(file: Path, data_dir: Path, as_json: bool) -> None:
    """Make a head again out of a backup.

    FILE is checked from end to end before anything is written. Start the head on the directory then, at the address
    the old one had: agents know it by its certificate authority and come back by themselves. Never start both.
    """
    import time

    from tensorfleet.head import backup

    done = backup.restore(file, data_dir)
    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(done.manifest.made))
    if as_json:
        document = {
            "data_dir": str(data_dir),
            "fleet": done.manifest.fleet,
            "version": done.manifest.version,
            "made": done.manifest.made,
            **{name: getattr(done, name) for name in ("jobs", "keys", "nodes", "events", "objects")},
        }
        click.echo(json.dumps(document, indent=2))
        return
    counted = f"{done.jobs} jobs, {done.nodes} nodes, {done.keys} keys, {done.events} events, {done.objects} objects"
    click.echo(f"Restored fleet {done.manifest.fleet} as of {made}: {counted}.")
    click.echo(f"Start it: tensorfleet head --data-dir {data_dir}")
