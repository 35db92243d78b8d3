"""`tensorfleet demo --once`: a real job over two nodes, its curve, its accuracy, and nothing left behind."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from process.fleet import COMMAND


def test_it_trains_and_leaves_no_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "demo", "--once", "--data-dir", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    accuracy = re.search(r"^accuracy (0\.\d+)$", done.stdout, re.MULTILINE)
    assert accuracy
    assert float(accuracy[1]) > 0.95
    assert "loss  " in done.stdout
    assert "starts on demo-1, demo-2" in done.stderr
    left = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if str(tmp_path).encode() in command:
                left.append(command)
    assert not left
