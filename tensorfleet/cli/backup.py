"""`tensorfleet backup`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

if TYPE_CHECKING:
    from tensorfleet.wire.backup import Manifest

EPILOG = examples(
    "tensorfleet backup                            of the head that runs, as an administrator",
    "tensorfleet backup /mnt/nas/fleet.backup --with-objects",
    "tensorfleet backup --data-dir /srv/fleet      of a head that does not run",
)


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--with-objects", is_flag=True, help="The files of jobs too: code, checkpoints, outputs.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Of a head that does not run: where its data is.")
@talks_to_head
def backup(session: Session, file: Path | None, with_objects: bool, data_dir: Path | None) -> None:
    """Keep all that a head is, in one file.

    Jobs, history, curves, keys, nodes and the certificate authority, as of one moment and without stopping anything;
    not the lines that jobs wrote. Whoever has the file can be the head: keep it as you keep a password.
    """
    import time

    target = file or Path(time.strftime("tensorfleet-%Y%m%d-%H%M%S.backup"))
    manifest = _offline(data_dir, target, with_objects) if data_dir else _online(session, target, with_objects)
    size = target.stat().st_size
    if session.json:
        session.document({"path": str(target), "size": size, "fleet": manifest.fleet, "files": len(manifest.files)})
        return
    from tensorfleet.cli.human import size as shown

    session.say(f"{target}: {shown(size)}, {len(manifest.files)} files of fleet {manifest.fleet}, checked.")
    session.note(f"`tensorfleet restore {target} --data-dir DIR` makes a head of it. It holds the fleet's keys.")


def _online(session: Session, target: Path, with_objects: bool) -> Manifest:
    from tensorfleet.head.backup import NewFile

    with NewFile(target) as file:
        for piece in session.client.backup(with_objects):
            file.write(piece)
        return file.keep()


def _offline(data_dir: Path, target: Path, with_objects: bool) -> Manifest:
    import asyncio

    from tensorfleet.head.backup import backup_offline

    return asyncio.run(backup_offline(data_dir, target, with_objects))
