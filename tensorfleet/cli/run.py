"""`tensorfleet run`"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import InvalidRequest

if TYPE_CHECKING:
    from tensorfleet.wire.jobfile import JobFile

EPILOG = examples(
    "tensorfleet run --gpus 8 -- python train.py --lr 0.1",
    "tensorfleet run --nodes 2 --gpus-per-node 4 --name bert -e WANDB_MODE=offline -- python train.py",
    "tensorfleet run -f job.yaml --priority 80 -d",
    "tensorfleet run --recipe digits -p epochs=20 --nodes 2 --slots 1",
    "tensorfleet run --dry-run --gpus 16 -- python train.py",
)

SHAPE = ("gpus", "nodes", "gpus_per_node", "slots", "shape")
"""Options, and fields of `resources`, that say together how many ranks are where."""

_OPTIONS = (
    click.option("--gpus", type=int, metavar="N", help="GPUs in all, one rank each."),
    click.option("--nodes", type=int, metavar="N", help="Nodes, with the same number of ranks on each."),
    click.option("--min-nodes", type=int, metavar="N", help="Elastic: as few nodes as this will do."),
    click.option("--gpus-per-node", type=int, metavar="N", help="GPUs on each node."),
    click.option("--slots", type=int, metavar="N", help="CPU ranks: in all, or on each of --nodes."),
    click.option("--shape", metavar="N,N,...", help="GPUs on each node, where they differ; slots:2,1 on CPU."),
    click.option("--gpu", metavar="MODEL[:FROM..TO]", help="Only GPUs like these, e.g. 'H100|A100:40GB..80GB'."),
    click.option("--label", "labels", multiple=True, metavar="K=V", help="Only nodes labelled like this; repeat."),
    click.option("--spread", is_flag=True, help="Over many switches and nodes, rather than packed on few."),
    click.option("--apart", metavar="WORD", help="Never on one node with another job that has the same WORD."),
    click.option("--name", help="What to call it; taken from the script if not given."),
    click.option("--team", help="The team it counts for."),
    click.option("--priority", type=int, metavar="0-100", help="Higher goes first; 50 is usual."),
    click.option("--class", "job_class", metavar="CLASS", help="urgent, normal, batch or scavenger. [normal]"),
    click.option("--hold", is_flag=True, help="Submit it, but do not start it before `queue release`."),
    click.option("--preemptible/--not-preemptible", default=None, help="Whether others may take its place."),
    click.option("--max-duration", metavar="TIME", help="Stop it after this long, e.g. 12h."),
    click.option("--retries", type=int, metavar="N", help="Tries after faults of one kind that are not its own. [3]"),
    click.option("--resume-from", metavar="JOB[@STEP]", help="Begin with JOB's newest checkpoint, or with STEP's."),
    click.option("--after", multiple=True, metavar="JOB", help="Start it when JOB has succeeded; repeat."),
    click.option("--array", metavar="0-9[%N]", help="A job of each index, N at once: TENSORFLEET_ARRAY_INDEX."),
    click.option("-e", "--env", "env", multiple=True, metavar="KEY=VALUE", help="An environment variable; repeat."),
    click.option("--workdir", type=click.Path(path_type=Path), help="Directory to upload. [default: this one]"),
    click.option("--no-upload", is_flag=True, help="Upload nothing; the command is on the nodes already."),
    click.option("--cold", is_flag=True, help="Start a fresh Python, not one that has imported torch already."),
    click.option("-d", "--detach", is_flag=True, help="Print the id and return."),
    click.option("--wait", "wait_only", is_flag=True, help="Wait for the end without printing lines."),
    click.option("--dry-run", is_flag=True, help="Only tell where it would run, or why it would wait."),
)


def job_options(command: Callable[..., int]) -> Callable[..., int]:
    """What `run` and `clone` have in common."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command(epilog=EPILOG, context_settings={"ignore_unknown_options": False})
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[--] COMMAND...")
@click.option("-f", "--file", type=click.Path(path_type=Path), help="A job file, YAML or JSON; options override it.")
@click.option("--recipe", help="A built-in trainer instead of a command; see `tensorfleet recipes`.")
@click.option("-p", "--param", "params", multiple=True, metavar="KEY=VALUE", help="A parameter of the recipe; repeat.")
@job_options
@talks_to_head
def run(session: Session, detach: bool, wait_only: bool, dry_run: bool, **flags: Any) -> int:
    """Run a command as a job and stay with it to its end.

    The work directory is uploaded (what .gitignore names stays here), the command runs once per rank, and its lines
    are printed as they come. Ctrl-C detaches; the job goes on. Exits with the job's own exit code.
    """
    job, base = read_job(flags)
    return send(session, job, base, flags, detach=detach, wait_only=wait_only, dry_run=dry_run)


def send(
    session: Session,
    job: JobFile,
    base: Path | None,
    flags: dict[str, Any],
    *,
    detach: bool,
    wait_only: bool,
    dry_run: bool,
) -> int:
    """Uploads and submits `job`, and does what the options say about waiting. base: what its work directory is
    relative to; None where only --workdir brings one."""
    if dry_run:
        return _plan(session, job)
    view = session.client.submit(_upload(session, job, base, flags))
    if view.array and not detach:
        return _array(session, view.array.id, wait_only)
    if detach:
        session.document(view) if session.json else session.say(view.array.id if view.array else view.id)
        if not wait_only:
            return 0
    elif not session.json:
        session.note(f"job {view.id}")
    from tensorfleet.cli.attach import attach, wait

    return wait(session, view) if wait_only else attach(session, view)


def _array(session: Session, array: str, wait_only: bool) -> int:
    """Says which jobs an array became. With `wait_only` it waits for all, and exits as the first that failed."""
    from tensorfleet.cli.attach import wait
    from tensorfleet.cli.wishes import spread

    jobs = spread(session, array)
    session.note(f"array {array}: {len(jobs)} jobs; `tensorfleet stop {array}` stops all of them.")
    if not wait_only:
        for job in jobs:
            session.record(session.client.job(job)) if session.json else session.say(job)
        return 0
    return next((code for code in [wait(session, session.client.job(job)) for job in jobs] if code), 0)


def read_job(flags: dict[str, Any]) -> tuple[JobFile, Path]:
    """The job that flags and file ask for, and the directory its work directory is relative to."""
    from tensorfleet.wire.jobfile import JobFile, read_job_file

    file: Path | None = flags["file"]
    job, base = JobFile(), Path()
    if file is not None:
        job, base = read_job_file(_read(file), str(file)), file.parent
    return change_job(job, flags), base


def change_job(job: JobFile, flags: dict[str, Any]) -> JobFile:
    """`job` as the options change it. Everything that can be refused is refused here, before anything travels."""
    import msgspec

    from tensorfleet.wire.jobfile import JobFile, check_fields
    from tensorfleet.wire.jobspec import to_spec

    plain = msgspec.to_builtins(job)
    recipe = flags.get("recipe")
    if flags["command"]:
        command = list(flags["command"])
        plain |= {"run": command if len(command) > 1 else command[0], "recipe": "", "params": {}}
    if recipe:
        if flags["command"]:
            raise InvalidRequest("Both a command and a recipe are given.", "Keep one of them.")
        plain |= {"recipe": recipe, "run": None}
    plain["params"] |= dict(_pair(text, "--param") for text in flags.get("params", ()))
    plain["env"] |= dict(_pair(text, "--env") for text in flags["env"])
    for name in ("name", "team", "priority", "max_duration", "array", "resume_from"):
        if flags[name] is not None:
            plain[name] = flags[name]
    if flags["retries"] is not None:
        plain["retry"]["max"] = flags["retries"]
    if flags["after"]:
        plain["after"] = list(flags["after"])
    if flags["job_class"] is not None:
        plain["class"] = flags["job_class"]
    if flags["preemptible"] is not None:
        plain["preemptible"] = flags["preemptible"]
    if flags["hold"]:
        plain["hold"] = True
    if flags["cold"]:
        plain["warm"] = False
    _override_resources(plain["resources"], flags)
    if flags["min_nodes"] is not None:
        plain["elastic"] = {"min_nodes": flags["min_nodes"], "max_nodes": plain["resources"]["nodes"]}
    job = check_fields(plain, JobFile)
    to_spec(job, recipe_run=_recipe_command(job) if job.recipe else ())
    return job


def _override_resources(resources: dict[str, Any], flags: dict[str, Any]) -> None:
    """A shape given by options replaces the file's shape as a whole: half of one and half of the other fits nobody."""
    from tensorfleet.wire.labels import parse_labels

    asked = {name: flags[name] for name in SHAPE if flags[name] is not None}
    if asked:
        for name in SHAPE:
            resources[name] = asked.get(name)
    for name in ("gpu", "apart"):
        if flags[name] is not None:
            resources[name] = flags[name]
    if flags["labels"]:
        resources["labels"] |= parse_labels(flags["labels"], "--label")
    if flags["spread"]:
        resources["spread"] = True


def _recipe_command(job: JobFile) -> tuple[str, ...]:
    from tensorfleet.recipes.catalog import RecipeError, command

    try:
        return tuple(command(job.recipe, job.params))
    except RecipeError as error:
        raise InvalidRequest(error.detail, error.hint) from error


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise InvalidRequest(f"{option} {text[:60]!r} is not KEY=VALUE.")
    return name, value


def _read(file: Path) -> bytes:
    from tensorfleet.wire.jobfile import MAX_BYTES

    try:
        with file.open("rb") as source:
            return source.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidRequest(f"The job file {file} cannot be read: {error.strerror}.", "Check -f.") from error


def _upload(session: Session, job: JobFile, base: Path | None, flags: dict[str, Any]) -> JobFile:
    """`job` with its code at the head. A recipe brings its own code, so nothing goes up unless a directory is named."""
    from tensorfleet.cli.bar import Bar
    from tensorfleet.client.prepare import prepare

    named = flags["workdir"] or (base / job.workdir if base and job.workdir else None)
    workdir = named or (None if job.recipe or job.code else base)
    if flags["no_upload"]:
        workdir = None
    with Bar("", quiet=session.json) as bar:
        return prepare(
            session.client,
            job,
            workdir,
            named=named is not None and named != Path(),
            warn=session.note,
            progress=lambda now: bar.set(now.done, now.total, now.phase),
        )


def _plan(session: Session, job: JobFile) -> int:
    import msgspec

    from tensorfleet.cli.outlook import lines
    from tensorfleet.cli.table import table

    plan = session.client.plan(msgspec.structs.replace(job, workdir=""))
    if session.json:
        session.document(plan)
        return 0
    if plan.placement:
        rows = []
        for share in plan.placement:
            last = share.first_rank + share.ranks - 1
            ranks = str(last) if share.ranks == 1 else f"{share.first_rank}-{last}"
            rows.append([share.node, ranks, ", ".join(share.gpus) or "-"])
        for line in table(["NODE", "RANKS", "GPUS"], rows):
            session.say(line)
    session.say("It would start at once." if plan.starts_now else f"It would wait: {plan.text}")
    for line in () if plan.starts_now else lines(plan):
        session.say(line)
    return 0
