"""`tensorfleet nodes`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

if TYPE_CHECKING:
    from tensorfleet.wire.rest import WorkerView


@click.command(epilog=examples("tensorfleet nodes", "tensorfleet nodes --gpus", "tensorfleet nodes --json"))
@click.option("--gpus", is_flag=True, help="One line for each GPU.")
@click.option("-w", "--watch", is_flag=True, help="Stay, and draw the list again whenever something happens.")
@talks_to_head
def nodes(session: Session, gpus: bool, watch: bool) -> None:
    """List the nodes: what they have, what is free, what runs there."""
    from tensorfleet.cli.redraw import redraw

    draw = _gpus if gpus else _nodes
    if session.json:
        session.document(session.client.workers())
    elif watch:
        redraw(session, lambda: draw(session.client.workers()))
    else:
        for line in draw(session.client.workers()):
            session.say(line)


NONE = "No node has joined yet. On a machine with GPUs: tensorfleet agent"


def _nodes(workers: list[WorkerView]) -> list[str]:
    from tensorfleet.cli.human import ago, size
    from tensorfleet.cli.table import table

    rows = []
    labels = any(worker.labels for worker in workers)
    for worker in workers:
        free = sum(gpu.state == "free" for gpu in worker.gpus)
        models = sorted({gpu.model for gpu in worker.gpus})
        cpu = "" if worker.cpu is None else f"{worker.cpu:.0f}%"
        used = "" if worker.memory_used is None else f"{size(worker.memory_used)} of {size(worker.memory)}"
        rows.append(
            (
                worker.name,
                worker.state if worker.disk == "ok" else f"{worker.state}, disk {worker.disk}",
                f"{worker.slots_free}/{worker.slots}",
                f"{free}/{len(worker.gpus)} {', '.join(models)}" if worker.gpus else "-",
                cpu,
                used or size(worker.memory),
                ago(worker.heard),
                *([" ".join(f"{name}={value}" for name, value in worker.labels.items())] if labels else []),
                f"words: {worker.words}" if worker.words else ", ".join(worker.jobs),
            )
        )
    headings = ("NODE", "STATE", "SLOTS", "GPUS", "CPU", "MEMORY", "HEARD", *(["LABELS"] if labels else []), "JOBS")
    return table(headings, rows) if rows else [NONE]


def _gpus(workers: list[WorkerView]) -> list[str]:
    from tensorfleet.cli.human import size
    from tensorfleet.cli.table import table

    rows = []
    for worker in workers:
        for gpu in worker.gpus:
            used = "" if gpu.memory_used is None else f"{size(gpu.memory_used)} of "
            rows.append(
                (
                    worker.name,
                    str(gpu.index),
                    gpu.state,
                    gpu.model,
                    "" if gpu.utilisation is None else f"{gpu.utilisation:.0f}%",
                    used + size(gpu.memory),
                    "" if gpu.temperature is None else f"{gpu.temperature:.0f} °C",
                    "" if gpu.power is None else f"{gpu.power:.0f} W",
                    gpu.job or gpu.note,
                )
            )
    headings = ("NODE", "GPU", "STATE", "MODEL", "USE", "MEMORY", "TEMP", "POWER", "JOB")
    return table(headings, rows) if rows else [NONE if not workers else "No node has a GPU."]
