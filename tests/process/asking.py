"""A real machine that asks to join, with somebody at its terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from process.fleet import COMMAND, Fleet

QUESTION = b"are they the same? [y/N] "


@dataclass(frozen=True)
class Asking:
    """`terminal`: what is written there is typed at the machine. `words`: what it shows."""

    process: subprocess.Popen[bytes]
    terminal: int
    words: str


@contextmanager
def asking(fleet: Fleet, root: Path, name: str) -> Iterator[Asking]:
    """At its question; at the end the machine is gone, from the fleet too."""
    own, theirs = pty.openpty()
    arguments = ["--head", f"127.0.0.1:{fleet.about['rpc_port']}", "--name", name, "--slots", "1", "--no-warm"]
    environment = {**os.environ, "HOME": str(root), "TENSORFLEET_DATA_DIR": str(root / "none")}
    process = subprocess.Popen(
        [COMMAND, "agent", *arguments, "--data-dir", str(root / name)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    try:
        said = b""
        while QUESTION not in said:
            said += os.read(own, 4096)
        found = re.search(r'--words "([a-z ]+)"', said.decode())
        assert found, said
        yield Asking(process, own, found[1])
    finally:
        process.terminate()
        process.wait(15)
        os.close(own)
        if fleet.state_of(name):
            fleet.client.remove(name)
