"""Scripts under PyTorch's own launcher, or as one lone process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "scripts"


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
