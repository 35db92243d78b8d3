"""`tensorfleet simulate`: what the scheduler would make of a trace."""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import examples
from tensorfleet.errors import InvalidRequest

if TYPE_CHECKING:
    from tensorfleet.core.scheduling.policy import Policy
    from tensorfleet.sim.replay.result import Replay
    from tensorfleet.sim.replay.trace import Workload

EPILOG = examples(
    "tensorfleet simulate --trace jobs.csv --nodes 8 --gpus-per-node 8",
    "tensorfleet simulate --trace jobs.csv --nodes 8 --nodes 10 --policy easy --policy default",
    "tensorfleet simulate --trace jobs.csv --set level=4h --set min_run=15m --json",
    "tensorfleet simulate --trace jobs.csv --elastic runtimes.csv --nodes 16 --gpus-per-node 4 --svg queue.svg",
)

TIMES = ("mean_completion_s", "p50_completion_s", "p99_completion_s", "makespan_s")
"""Figures of the table that are in seconds."""

LOUD = 2.0
"""Seconds of a replay after which its progress is shown."""


@click.command(epilog=EPILOG)
@click.option(
    "--trace", required=True, type=click.Path(path_type=Path), help="CSV: job_id, submit_s, gpus, duration_s."
)
@click.option("--nodes", multiple=True, type=click.IntRange(1, 100_000), help="Nodes (8); repeat to compare.")
@click.option("--gpus-per-node", default=8, type=click.IntRange(1, 1024), show_default=True, help="GPUs of each.")
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
    type=click.Choice(["none", "exact"]),
    help="What the scheduler is told of run times, beside the column limit_s. easy: exact, else none.",
)
@click.option("--svg", type=click.Path(path_type=Path), help="Draw the queue over time into this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document; an object each where several are compared.")
def simulate(
    trace: Path,
    nodes: tuple[int, ...],
    gpus_per_node: int,
    policies: tuple[str, ...],
    sets: tuple[str, ...],
    policy_file: Path | None,
    preempt_cost: float,
    no_preemption: bool,
    elastic: Path | None,
    rigid: bool,
    limits: str | None,
    svg: Path | None,
    as_json: bool,
) -> None:
    """Replay a trace with the head's own scheduler and tell how it went.

    The scheduler knows no run time, only limits. An interrupted job goes on where it was. Optional columns of the
    trace: limit_s, team, user, priority; with --elastic: application, batch_size, and workload for several in one file.
    """
    if not math.isfinite(preempt_cost):
        raise InvalidRequest(f"--preempt-cost is {preempt_cost}; it has to be a number of seconds.")
    if rigid and elastic is None:
        raise InvalidRequest("--rigid tells how to use run times.", "Give them with --elastic.")
    cases = list(itertools.product(nodes or (8,), policies or (None,)))
    if svg is not None and len(cases) > 1:
        raise InvalidRequest("--svg draws one replay.", "Give one --nodes and one --policy.")
    from tensorfleet.sim.replay.figures import figures
    from tensorfleet.sim.replay.trace import read_runtimes, read_trace

    runtimes = read_runtimes(elastic) if elastic else None
    found = []
    for count, name in cases:
        policy = _policy(name, sets, policy_file, no_preemption)
        name = policy.discipline.value
        exact = limits == "exact" or (limits is None and name == "easy")
        workloads = read_trace(trace, count * gpus_per_node, runtimes, rigid=rigid, exact=exact)
        replays = _replayed(workloads, count, gpus_per_node, policy, preempt_cost)
        row = {"policy": name, "nodes": count, "gpus_per_node": gpus_per_node, "limits": "exact" if exact else "none"}
        found.append(row | figures(replays))
        if svg is not None:
            _draw(svg, replays)
    if as_json:
        click.echo(json.dumps(found[0] if len(found) == 1 else found))
    else:
        _print(found)


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


def _draw(file: Path, replays: Sequence[Replay]) -> None:
    from tensorfleet.sim.replay.drawing import draw

    if len(replays) > 1:
        raise InvalidRequest("--svg draws one workload, and this trace has several.", "Draw a trace of one.")
    try:
        file.write_text(draw(replays[0]), encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be written: {error.strerror}.", "Choose another --svg.") from error


def _print(found: Sequence[dict[str, object]]) -> None:
    from tensorfleet.cli.table import table

    headings = ("POLICY", "NODES", "JOBS", "MEAN", "P50", "P99", "MAKESPAN", "USED", "LOST", "INTERRUPTED")
    rows = [
        (
            str(each["policy"]) + (" (limits known)" if each["limits"] == "exact" else ""),
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
