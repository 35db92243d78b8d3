"""`tensorfleet artifacts`: what jobs left in TENSORFLEET_OUTPUT_DIR."""

from __future__ import annotations

from pathlib import Path

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import NotFound


@click.group()
def artifacts() -> None:
    """List and fetch the files a job wrote to TENSORFLEET_OUTPUT_DIR."""


@artifacts.command(
    "list", epilog=examples("tensorfleet artifacts list digits", "tensorfleet artifacts list 7k3m9q --json")
)
@click.argument("job")
@talks_to_head
def listing(session: Session, job: str) -> None:
    """List the files of JOB."""
    found = list(session.client.artifacts(job))
    if session.json:
        session.document(found)
        return
    from tensorfleet.cli.human import size
    from tensorfleet.cli.table import table

    if not found:
        session.note(f"{job} left no files; a job writes them to $TENSORFLEET_OUTPUT_DIR, and they come when it ends.")
        return
    for line in table(("SIZE", "NODE RANK", "PATH"), [(size(a.size), str(a.node_rank), a.path) for a in found]):
        session.say(line)


GET = examples(
    "tensorfleet artifacts get digits",
    "tensorfleet artifacts get digits model.pt -o /tmp",
    "tensorfleet artifacts get 7k3m9q checkpoints",
)


@artifacts.command(epilog=GET)
@click.argument("job")
@click.argument("path", default="")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Directory to write to. [default: the job's name]"
)
@talks_to_head
def get(session: Session, job: str, path: str, output: Path | None) -> None:
    """Fetch the files of JOB, or only PATH, a file or a directory among them."""
    from tensorfleet.cli.bar import Bar
    from tensorfleet.client.download import place_in

    view = session.client.job(job)
    folder = output or Path(view.name)
    inside = path.strip("/")
    wanted = [
        a
        for a in session.client.artifacts(view.id)
        if not inside or a.path == inside or a.path.startswith(f"{inside}/")
    ]
    if not wanted:
        what = f"{path!r} is not among the files of {job}." if path else f"{job} left no files."
        raise NotFound(what, f"`tensorfleet artifacts list {job}` shows what there is.")
    with Bar("Fetching", sum(a.size for a in wanted), quiet=session.json) as bar:
        seen: set[str] = set()
        for artifact in sorted(wanted, key=lambda a: a.node_rank):
            # The same path from several nodes: the first keeps it, the others go beside it.
            twin = artifact.path in seen
            seen.add(artifact.path)
            target = place_in(folder, f"node-{artifact.node_rank}/{artifact.path}" if twin else artifact.path)
            session.client.download_artifact(view.id, artifact, target, bar.add)
            session.record({"path": str(target), "size": artifact.size}) if session.json else session.say(str(target))
