"""`tensorfleet head`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tensorfleet.cli.session import examples

EPILOG = examples(
    "tensorfleet head                              for this machine; agents may join from others",
    "tensorfleet head --host 0.0.0.0               web interface and REST for others too, over TLS",
    "tensorfleet head --data-dir /srv/fleet --config /etc/tensorfleet/head.toml",
)


@click.command(epilog=EPILOG)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on. [default: HTTP this machine only, agents all]")
@click.option("--http-port", type=int, metavar="P", help="REST and web interface; 0 for any free. [default: 7337]")
@click.option("--rpc-port", type=int, metavar="P", help="Agents; 0 for any free. [default: 7338]")
@click.option("--store", metavar="STORE", help="Where documents live. [default: tinydb]")
@click.option("--objects", metavar="OBJECTS", help="Where code and artifacts live. [default: disk]")
@click.option("--mdns/--no-mdns", default=None, help="Whether agents find this head by themselves. [default: mdns]")
@click.option("--insecure-http", is_flag=True, default=None, help="Plain HTTP even for other machines.")
@click.option("--job-logs", type=int, metavar="GIB", help="Keep so many GiB of jobs' lines. [default: 20]")
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error. [default: info]")
@click.option("--log-json", is_flag=True, default=None, help="Log lines as JSON.")
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file; environment and flags go before it.")
@click.option("--show-config", is_flag=True, help="Print every setting and where it comes from, and do nothing.")
def head(config: Path | None, show_config: bool, **flags: Any) -> int:
    """Start a head on this machine.

    It keeps the queue, places jobs and serves REST and the web interface. Each setting can come from a TOML file, from
    TENSORFLEET_HEAD_<NAME>, or from a flag; the later wins.
    """
    from tensorfleet.config.head import load_head

    loaded = load_head(flags, config)
    if show_config:
        click.echo("\n".join(loaded.lines()))
        return 0
    # gRPC's own log tells of failed handshakes and ports in C++ words on standard error; we tell of them ourselves.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from tensorfleet.head.app import run

    return run(loaded.settings)
