"""Scripts under PyTorch's own launcher, or as one lone process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[1] / "scripts"


ABORTED = "terminate called without an active exception"
"""What PyTorch 2.13 says when it tears down a Gloo group at the wrong moment, with all work done."""

TRIES = 4


def run(argv: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` with the output as text, once more when torchrun's own ranks aborted at their end."""
    for _ in range(TRIES):
        done: subprocess.CompletedProcess[str] = subprocess.run(
            list(argv), capture_output=True, text=True, check=False, **options
        )
        if done.returncode == 0 or ABORTED not in done.stderr:
            break
    return done


def launch(
    folder: Path, ranks: int, script: str, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 100
) -> subprocess.CompletedProcess[str]:
    """`script` of tests/scripts in `folder`: with 0 ranks without a launcher."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)] if ranks else []
    return subprocess.run(
        [sys.executable, *launcher, str(SCRIPTS / script), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
