"""`tensorfleet demo`"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import Session, examples

if TYPE_CHECKING:
    from tensorfleet.cli.demofleet import DemoFleet
    from tensorfleet.client import Client

NODES = ("demo-1", "demo-2")


@click.command(epilog=examples("tensorfleet demo", "tensorfleet demo --once; echo $?"))
@click.option("--once", is_flag=True, help="End everything with the job, and exit with its code.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where to keep it. [default: in ~/.cache/tensorfleet]"
)
def demo(once: bool, data_dir: Path | None) -> int:
    """Try it all on this machine: a head, two agents, a real training job over both.

    Handwritten digits are learned by two ranks, one on each node, with torch.distributed over Gloo. Nothing outside
    the data directory is touched, and nothing listens on anything but loopback.
    """
    from tensorfleet.cli.demofleet import DemoFleet
    from tensorfleet.config.paths import cache_dir

    signal.signal(signal.SIGTERM, _interrupt)
    root = (data_dir or cache_dir() / "demo").absolute()
    began = time.monotonic()
    with DemoFleet(root, NODES) as fleet:
        click.echo(f"Starting a head and two agents in {root} ...", err=True)
        client = fleet.start()
        click.echo(f"The fleet is up after {time.monotonic() - began:.1f} s: {client.url}", err=True)
        try:
            code = _train(client)
            if once:
                click.echo("\nThe fleet ends now; without --once it stays, to look around in.", err=True)
                return code
            _next_steps(fleet, client)
            fleet.hold()
            return code
        except KeyboardInterrupt:
            click.echo("\nEnding the fleet ...", err=True)
            return 130 if once else 0
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            fleet.kill_jobs(client)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _train(client: Client) -> int:
    """Runs the job and shows it; answers its exit code."""
    from tensorfleet.cli.card import card, job_exit_code
    from tensorfleet.cli.live import LiveView
    from tensorfleet.wire.jobfile import JobFile, ResourcesFile

    session = Session.of(client)
    job = client.submit(JobFile(name="digits", recipe="digits", resources=ResourcesFile(nodes=2, slots=1)))
    click.echo(f"job {job.id}: two ranks on two nodes learn handwritten digits\n", err=True)
    ended = LiveView(session, job, "loss").show()
    card(session, ended)
    for series in client.metrics(job.id, name="accuracy", rank=0):
        if series.last is not None:
            click.echo(f"\naccuracy {series.last:.4f}")
    return job_exit_code(ended)


def _next_steps(fleet: DemoFleet, client: Client) -> None:
    link = f"{client.url}/login?token={client.login_token().token}"
    rows = [
        "\nThe fleet stays up until Ctrl-C. In another terminal:",
        f"  export TENSORFLEET_DATA_DIR={fleet.data_dir}",
        "  tensorfleet ps --all                     tensorfleet nodes",
        "  tensorfleet logs digits                  tensorfleet metrics digits",
        "  tensorfleet artifacts get digits         tensorfleet events",
        "  tensorfleet run --slots 1 -- python -c 'print(42)'",
        f"In the browser: {link}",
    ]
    click.echo("\n".join(rows), err=True)
