"""`tensorfleet simulate`: what the scheduler would make of a trace."""

from __future__ import annotations

import itertools
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples, talks_to_head
from tensorfleet.errors import InvalidRequest

if TYPE_CHECKING:
    from tensorfleet.core.scheduling.policy import Policy
    from tensorfleet.sim.replay.result import Replay
    from tensorfleet.sim.replay.trace import Limits, Workload

EPILOG = examples(
    "tensorfleet simulate --trace jobs.csv --nodes 8 --gpus-per-node 8",
    "tensorfleet simulate --trace jobs.csv --nodes 8 --nodes 10 --policy easy --policy default",
    "tensorfleet simulate --trace jobs.csv --set level=4h --set min_run=15m --json",
    "tensorfleet simulate --trace jobs.csv --elastic runtimes.csv --nodes 16 --gpus-per-node 4 --svg queue.svg",
    "tensorfleet simulate --from-history --since 30d --nodes 8 --nodes 10",
)

TIMES = ("mean_completion_s", "p50_completion_s", "p99_completion_s", "makespan_s")
"""Figures of the table that are in seconds."""

KNOWN = {"none": "", "exact": " (limits known)", "coarse": " (coarse limits)"}

LOUD = 2.0
"""Seconds of a replay after which its progress is shown."""


@click.command(epilog=EPILOG)
@click.option("--trace", type=click.Path(path_type=Path), help="CSV: job_id, submit_s, gpus, duration_s.")
@click.option("--from-history", is_flag=True, help="In place of --trace: the jobs that this fleet has run.")
@click.option("--since", metavar="WHEN", default="30d", help="With --from-history: submitted since then. [30d]")
@click.option("--save-trace", type=click.Path(path_type=Path), help="With --from-history: keep it as a trace.")
@click.option("--nodes", multiple=True, type=click.IntRange(1, 100_000), help="Nodes; repeat to compare. [8]")
@click.option("--gpus-per-node", type=click.IntRange(1, 1024), help="GPUs of each. [8; the history's fleet's]")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=click.Choice(["fifo", "easy", "default"]),
    help="How the queue is served (default, or what the settings say); repeat to compare.",
)
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A setting, as in `queue policy`; repeat.")
@click.option("-f", "--policy-file", type=click.Path(path_type=Path), help="The whole policy, YAML or JSON.")
@click.option(
    "--preempt-cost",
    default=60.0,
    type=click.FloatRange(0, 86400),
    show_default=True,
    help="Seconds that each GPU of an interrupted job loses at its next start.",
)
@click.option("--no-preemption", is_flag=True, help="Nobody is interrupted for others.")
@click.option("--elastic", type=click.Path(path_type=Path), help="CSV: application, batch_size, gpus, seconds.")
@click.option("--rigid", is_flag=True, help="With --elastic: jobs keep the GPUs they ask for.")
@click.option(
    "--limits",
    type=click.Choice(["none", "exact", "coarse"]),
    help="Limits of jobs that have none: their run time, or the next of 1h, 8h, 24h, 7d. [easy: exact, else none]",
)
@click.option("--svg", type=click.Path(path_type=Path), help="Draw the queue over time into this file.")
@talks_to_head
def simulate(
    session: Session,
    trace: Path | None,
    from_history: bool,
    since: str,
    save_trace: Path | None,
    nodes: tuple[int, ...],
    gpus_per_node: int | None,
    policies: tuple[str, ...],
    sets: tuple[str, ...],
    policy_file: Path | None,
    preempt_cost: float,
    no_preemption: bool,
    elastic: Path | None,
    rigid: bool,
    limits: Limits | None,
    svg: Path | None,
) -> None:
    """Replay a trace with the head's own scheduler and tell how it went.

    The scheduler knows no run time, only limits. An interrupted job goes on where it was. Optional columns of the
    trace: limit_s, team, user, priority; workload for several in one file; with --elastic: application, batch_size.
    """
    if not math.isfinite(preempt_cost):
        raise InvalidRequest(f"--preempt-cost is {preempt_cost}; it has to be a number of seconds.")
    if rigid and elastic is None:
        raise InvalidRequest("--rigid tells how to use run times.", "Give them with --elastic.")
    if from_history == (trace is not None):
        raise InvalidRequest("A replay needs jobs.", "Give one of --trace and --from-history.")
    if from_history and elastic is not None:
        raise InvalidRequest("A history does not tell how jobs run on other sizes.", "Give --elastic with --trace.")
    if save_trace is not None and not from_history:
        raise InvalidRequest("--save-trace keeps what --from-history reads.", "Give both.")
    from tensorfleet.sim.replay.figures import figures
    from tensorfleet.sim.replay.trace import read_runtimes, read_trace

    found = []
    drawn = []
    with tempfile.TemporaryDirectory() as folder:
        if trace is None:
            trace = save_trace or Path(folder, "history.csv")
            nodes, gpus_per_node, row = _from_history(session, since, trace, nodes, gpus_per_node)
            found.append(row)
        per_node = gpus_per_node or 8
        runtimes = read_runtimes(elastic) if elastic else None
        for count, name in itertools.product(nodes or (8,), policies or (None,)):
            policy = _policy(name, sets, policy_file, no_preemption)
            name = policy.discipline.value
            known: Limits = limits or ("exact" if name == "easy" else "none")
            workloads = read_trace(trace, count * per_node, runtimes, rigid=rigid, limits=known)
            replays = _replayed(workloads, count, per_node, policy, preempt_cost)
            row = {"policy": name, "nodes": count, "gpus_per_node": per_node, "limits": known}
            found.append(row | figures(replays))
            drawn += [
                (f"{name} on {count} nodes, {each.name}".rstrip(", "), replay)
                for each, replay in zip(workloads, replays, strict=True)
            ]
    if svg is not None:
        _draw(svg, drawn)
    if session.json:
        click.echo(json.dumps(found[0] if len(found) == 1 else found))
    else:
        _print(found)


def _from_history(
    session: Session, since: str, trace: Path, nodes: tuple[int, ...], gpus_per_node: int | None
) -> tuple[tuple[int, ...], int, dict[str, object]]:
    """Writes the trace. Returns the nodes and GPUs of each (the fleet's, where nothing else is asked for), and how it
    was in fact."""
    from tensorfleet.cli.usage import when
    from tensorfleet.core.job import TERMINAL
    from tensorfleet.sim.replay.figures import figures
    from tensorfleet.sim.replay.history import as_it_was, nodes_of, past, write_trace

    begin = when(since, "since")
    over = session.client.jobs(states=[state.value for state in TERMINAL])
    jobs = past(itertools.takewhile(lambda job: job.submitted >= begin, over))
    if not jobs:
        raise InvalidRequest(
            f"No job that was submitted since {since} has run and is over.", "Give an earlier --since."
        )
    write_trace(trace, (job for job, _ in jobs))
    count, per_node = nodes_of(session.client.workers())
    per_node = gpus_per_node or per_node
    was = as_it_was([outcome for _, outcome in jobs], count * per_node)
    row: dict[str, object] = {"policy": "as it was", "nodes": count, "gpus_per_node": per_node, "limits": "none"}
    return nodes or (count,), per_node, row | figures([was])


def _policy(name: str | None, sets: Sequence[str], file: Path | None, no_preemption: bool) -> Policy:
    from dataclasses import replace

    from tensorfleet.core.scheduling.policy import Discipline, Policy
    from tensorfleet.wire.policyfile import change_policy, read_policy_file

    policy = Policy()
    if file is not None:
        try:
            policy = change_policy(policy, read_policy_file(file.read_bytes(), str(file)))
        except OSError as error:
            raise InvalidRequest(f"The policy file {file} cannot be read: {error.strerror}.", "Check -f.") from error
    pairs = dict(_pair(each) for each in sets)
    policy = change_policy(policy, pairs) if pairs else policy
    discipline = Discipline(name) if name else policy.discipline
    return replace(policy, discipline=discipline, preemption=policy.preemption and not no_preemption)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise InvalidRequest(f"--set {text[:60]!r} is not NAME=VALUE.")
    return name.strip(), value.strip()


def _replayed(
    workloads: Sequence[Workload], nodes: int, gpus_per_node: int, policy: Policy, cost: float
) -> list[Replay]:
    import time

    from tensorfleet.sim.replay.engine import replay

    begin = time.monotonic()
    shown = False
    replays = []
    for number, workload in enumerate(workloads):

        def told(part: float, before: int = number) -> None:
            nonlocal shown
            if sys.stderr.isatty() and time.monotonic() - begin > LOUD:
                shown = True
                click.echo(f"\rreplayed {(before + part) / len(workloads):4.0%}", nl=False, err=True)

        replays.append(replay(workload.jobs, nodes, gpus_per_node, policy, cost, told))
    if shown:
        click.echo("\r" + " " * 20 + "\r", nl=False, err=True)
    return replays


def _draw(file: Path, replays: Sequence[tuple[str, Replay]]) -> None:
    from tensorfleet.sim.replay.drawing import draw

    try:
        file.write_text(draw(replays), encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be written: {error.strerror}.", "Choose another --svg.") from error


def _print(found: Sequence[dict[str, object]]) -> None:
    from tensorfleet.cli.table import table

    headings = ("POLICY", "NODES", "JOBS", "MEAN", "P50", "P99", "MAKESPAN", "USED", "LOST", "INTERRUPTED")
    rows = [
        (
            str(each["policy"]) + KNOWN[str(each["limits"])],
            str(each["nodes"]),
            str(each["jobs"]),
            *(
                f"{each[name]:,.0f} s"
                for name in ("mean_completion_s", "p50_completion_s", "p99_completion_s", "makespan_s")
            ),
            f"{each['utilization']:.1%}",
            f"{each['gpu_time_lost_fraction']:.2%}",
            str(each["preemptions"]),
        )
        for each in found
    ]
    for line in table(headings, rows):
        click.echo(line)
    for each in found:
        sizes = each["slowdown_by_gpus"]
        if isinstance(sizes, dict):
            text = ", ".join(f"{size} GPU{'' if size == '1' else 's'} {value:.1f}" for size, value in sizes.items())
            click.echo(f"slowdown at the median, {each['policy']} on {each['nodes']} nodes: {text}")
