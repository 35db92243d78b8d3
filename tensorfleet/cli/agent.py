"""`tensorfleet agent`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tensorfleet.cli.session import examples

EPILOG = examples(
    "tensorfleet agent                                    finds the head, and pairs with it by comparing words",
    "tensorfleet agent --join tfj1_...                    joins with a token, which names the fleet",
    "tensorfleet agent --head 10.0.0.5 --join @join.token --slots 8",
)


@click.command(epilog=EPILOG)
@click.option("--head", metavar="HOST[:PORT]", help="The head's address for agents. [default: found on the network]")
@click.option("--join", metavar="TOKEN|@FILE", help="A join token, or the file that holds one.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the agent keeps what it has.")
@click.option("--name", help="What the node is called. [default: the host's name]")
@click.option("--slots", type=int, metavar="N", help="CPU ranks that jobs may run here. [default: one per core]")
@click.option("--label", "labels", multiple=True, metavar="K=V", help="Label the node, e.g. switch=s1; repeat.")
@click.option("--fake-gpus", type=int, metavar="N", help="Pretend so many GPUs, to try things out.")
@click.option("--warm/--no-warm", default=None, help="Keep a Python ready that has imported torch. [default: warm]")
@click.option("--cache", type=int, metavar="GIB", help="Keep so many GiB of code for later. [default: 20]")
@click.option("--confirm", metavar="WORDS", help="Pairing words, confirmed in advance instead of on the terminal.")
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error. [default: info]")
@click.option("--log-json", is_flag=True, default=None, help="Log lines as JSON.")
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file; environment and flags go before it.")
@click.option("--show-config", is_flag=True, help="Print every setting and where it comes from, and do nothing.")
def agent(config: Path | None, show_config: bool, **flags: Any) -> int:
    """Make this machine a node of a fleet.

    It dials out to the head, measures the machine, and runs ranks. Each setting can come from a TOML file, from
    TENSORFLEET_AGENT_<NAME>, or from a flag; the later wins.
    """
    from tensorfleet.config.agent import load_agent

    flags["labels"] = ",".join(flags["labels"]) or None
    loaded = load_agent(flags, config)
    if show_config:
        click.echo("\n".join(loaded.lines()))
        return 0
    # gRPC's own log tells of failed handshakes and ports in C++ words on standard error; we tell of them ourselves.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from tensorfleet.agent.app import run

    return run(loaded.settings)
