"""`tensorfleet checkpoints`: what a job can go on from."""

from __future__ import annotations

from pathlib import Path

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


class _Group(click.Group):
    """`checkpoints JOB` is `checkpoints list JOB`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            args = ["list", *args]
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Group,
    epilog=examples(
        "tensorfleet checkpoints digits",
        "tensorfleet checkpoints download digits best model",
        "tensorfleet run --resume-from digits@500 -- python train.py",
    ),
)
def checkpoints() -> None:
    """List and fetch the checkpoints of a job: `tensorfleet checkpoints JOB` lists them."""


@checkpoints.command("list", epilog=examples("tensorfleet checkpoints digits", "tensorfleet checkpoints digits --json"))
@click.argument("job")
@talks_to_head
def listing(session: Session, job: str) -> None:
    """List the checkpoints of JOB, newest first."""
    found = session.client.checkpoints(job)
    if session.json:
        session.document(found)
        return
    from tensorfleet.cli.human import ago, size
    from tensorfleet.cli.table import table

    if not found:
        session.note(f"{job} has no checkpoints; `run.checkpoint.save(state, step)` in its program makes them.")
        return
    rows = [
        (
            str(each.step),
            str(each.attempt),
            ago(each.at),
            size(each.size),
            each.state + (", best" if each.best else ""),
            "  ".join(f"{name} {value:.6g}" for name, value in each.metrics.items()),
            each.path,
        )
        for each in found
    ]
    for line in table(("STEP", "ATTEMPT", "SAVED", "SIZE", "STATE", "METRICS", "PATH"), rows):
        session.say(line)


DOWNLOAD = examples(
    "tensorfleet checkpoints download digits model",
    "tensorfleet checkpoints download digits 500 model",
    "tensorfleet checkpoints download digits best model",
)


@checkpoints.command(epilog=DOWNLOAD)
@click.argument("job")
@click.argument("where", nargs=-1, required=True, metavar="[STEP] DIR")
@talks_to_head
def download(session: Session, job: str, where: tuple[str, ...]) -> None:
    """Fetch the files of a checkpoint of JOB into DIR: of STEP, `latest` (the default) or `best`."""
    from tensorfleet.cli.bar import Bar
    from tensorfleet.client.download import place_in

    if len(where) > 2:
        raise click.UsageError("Give JOB, STEP and DIR, or JOB and DIR.")
    step, folder = where[0] if len(where) == 2 else "latest", Path(where[-1])
    view = session.client.job(job)
    files = session.client.checkpoint_files(view.id, step)
    with Bar("Fetching", sum(file.size for file in files), quiet=session.json) as bar:
        for file in files:
            target = place_in(folder, file.path)
            session.client.download_checkpoint_file(view.id, step, file, target, bar.add)
            session.record({"path": str(target), "size": file.size}) if session.json else session.say(str(target))
