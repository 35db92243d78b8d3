"""`tensorfleet queue`: its order, its policy, and what people do to both."""

from __future__ import annotations

import click

from tensorfleet.cli.queuepolicy import policy
from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import InvalidRequest


@click.group(invoke_without_command=True)
@talks_to_head
def queue(session: Session) -> None:
    """Look at the queue and its policy, and change both. Without a command: list it."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        _list(session, 1000)


queue.add_command(policy)


@queue.command("list", epilog=examples("tensorfleet queue list", "tensorfleet queue list --limit 20 --json"))
@click.option("--limit", type=int, default=1000, metavar="N", help="At most so many. [1000]")
@talks_to_head
def listing(session: Session, limit: int) -> None:
    """List the jobs that wait, in the order of the queue, each with what it waits for."""
    _list(session, limit)


@queue.command(epilog=examples("tensorfleet queue hold 7k3m9q", "tensorfleet queue hold bert digits --json"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@talks_to_head
def hold(session: Session, jobs: tuple[str, ...]) -> None:
    """Hold each JOB that waits: it does not start before it is released."""
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import JobState

    for_each(session, jobs, session.client.queue.hold, of=(JobState.QUEUED,))


@queue.command(epilog=examples("tensorfleet queue release 7k3m9q", "tensorfleet queue release bert digits --json"))
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@talks_to_head
def release(session: Session, jobs: tuple[str, ...]) -> None:
    """Let each JOB start that is held."""
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import LIVE

    for_each(session, jobs, session.client.queue.release, of=LIVE)


@queue.command(epilog=examples("tensorfleet queue move bert --first", "tensorfleet queue move bert --before digits"))
@click.argument("job")
@click.option("--first", is_flag=True, help="Before all others of its team.")
@click.option("--last", is_flag=True, help="Behind all others of its team.")
@click.option("--before", metavar="OTHER", help="Before this one.")
@talks_to_head
def move(session: Session, job: str, first: bool, last: bool, before: str | None) -> None:
    """Move JOB, or all of an array, among the jobs of its class and priority.

    A member moves jobs of the own team; an operator all.
    """
    from tensorfleet.cli.wishes import for_each, spread
    from tensorfleet.core.job import JobState

    if first + last + (before is not None) != 1:
        raise InvalidRequest("It can be moved to one place.", "Give --first, --last or --before OTHER.")
    jobs = spread(session, job, (JobState.QUEUED,))
    desk = session.client.queue
    if before is not None:
        for_each(session, jobs, lambda each: desk.move(each, "before", before))
    elif first:
        for_each(session, jobs[::-1], lambda each: desk.move(each, "first"))
    else:
        for_each(session, jobs, lambda each: desk.move(each, "last"))


@queue.command(
    "set", epilog=examples("tensorfleet queue set bert --priority 80", "tensorfleet queue set bert --class batch")
)
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--priority", type=int, metavar="0-100", help="Higher goes first; 50 is usual.")
@click.option("--class", "job_class", metavar="CLASS", help="urgent, normal, batch or scavenger.")
@click.option("--max-duration", metavar="TIME", help="Stop it after this long, e.g. 12h; 0 for no limit.")
@click.option("--after", multiple=True, metavar="JOB", help="Start it when JOB has succeeded; repeat.")
@talks_to_head
def change(
    session: Session,
    jobs: tuple[str, ...],
    priority: int | None,
    job_class: str | None,
    max_duration: str | None,
    after: tuple[str, ...],
) -> None:
    """Change what each JOB asks for: the priority as long as it lives, all else only while it waits."""
    from tensorfleet.cli.wishes import for_each
    from tensorfleet.core.job import LIVE, JobState

    if priority is None and job_class is None and max_duration is None and not after:
        raise InvalidRequest("Nothing is to be changed.", "Give --priority, --class, --max-duration or --after.")

    only_priority = job_class is None and max_duration is None and not after
    for_each(
        session,
        jobs,
        lambda job: session.client.queue.set(
            job, priority=priority, job_class=job_class, max_duration=max_duration, after=after or None
        ),
        of=LIVE if only_priority else (JobState.QUEUED,),
    )


def _list(session: Session, limit: int) -> None:
    page = session.client.queue.page(limit)
    if session.json:
        session.document(page)
        return
    import time

    from tensorfleet.cli.human import span
    from tensorfleet.cli.table import table

    rows = [
        (
            str(each.position),
            each.job,
            each.name,
            each.job_class,
            str(each.priority),
            each.team,
            each.owner,
            f"{each.ranks} {each.kind}{'s' if each.ranks > 1 else ''}",
            span(time.time() - each.since),
            each.text,
        )
        for each in page.items
    ]
    for line in table(("#", "JOB", "NAME", "CLASS", "PRIO", "TEAM", "OWNER", "ASKS", "WAITS", "FOR"), rows):
        session.say(line)
    if page.waiting > len(page.items):
        session.note(f"{page.waiting} wait in all.")
