"""`tensorfleet show`"""

from __future__ import annotations

import shlex
import time

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.command(epilog=examples("tensorfleet show 7k3m9q", "tensorfleet show digits --json"))
@click.argument("job")
@talks_to_head
def show(session: Session, job: str) -> None:
    """Show everything about JOB (an id, or a name: the newest of that name)."""
    view = session.client.job(job)
    if session.json:
        session.document(view)
        return
    from tensorfleet.cli.human import ago, duration, shape, span
    from tensorfleet.cli.table import fields, table

    cause = view.cause
    rows = [
        ("job", f"{view.id}  {view.name}"),
        ("state", view.state.value + ("" if view.reachable else " (unreachable: this may be old)")),
        ("cause", cause.text if cause else view.why),
        ("try", cause.hint if cause else ""),
        ("began at", f"rank {cause.rank} on {cause.node}" if cause and cause.rank is not None else ""),
        ("exit code", str(cause.exit_code) if cause else ""),
        ("command", shlex.join(view.run)),
        ("recipe", view.recipe),
        ("asks for", shape(view.request)),
        ("class", view.job_class + ("" if view.preemptible else ", not preemptible")),
        ("priority", str(view.priority)),
        ("at most", span(view.max_duration) if view.max_duration else ""),
        ("after", ", ".join(view.after)),
        ("array", f"{view.array.id}, index {view.array.index}" if view.array else ""),
        ("owner", view.owner + (f" ({view.team})" if view.team else "")),
        ("submitted", ago(view.submitted)),
        ("time", duration(view)),
        ("attempt", str(view.attempt) if view.attempt else ""),
        ("code", view.code[:16]),
    ]
    for line in fields(rows):
        session.say(line)
    if len(view.history) > 1:
        session.say("")
        runs = [
            (str(a.number), ", ".join(a.nodes), span((a.ended or time.time()) - (a.started or a.placed)), a.cause)
            for a in view.history
        ]
        for line in table(("ATTEMPT", "NODES", "TIME", "ENDED BECAUSE"), runs):
            session.say(line)
    if view.shares:
        session.say("")
        shares = [
            (s.node, s.phase, " ".join(str(s.first_rank + n) for n in range(s.ranks)), ", ".join(s.gpus))
            for s in view.shares
        ]
        for line in table(("NODE", "PHASE", "RANKS", "GPUS"), shares):
            session.say(line)
