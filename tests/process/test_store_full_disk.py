"""A disk that is really full refuses with StoreFull, loses nothing, and takes writes again once there is room."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("disk_child.py")
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run([*UNSHARE, "true"], capture_output=True).returncode != 0,
    reason="no mount namespace to make a small disk in",
)
def test_a_full_disk(tmp_path):
    command = 'mount -t tmpfs -o size=4m none "$1" && exec "$2" "$3" "$1"'
    child = subprocess.run(
        [*UNSHARE, "sh", "-c", command, "sh", str(tmp_path), sys.executable, str(CHILD)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout.split("\n") == ["full 1", "full 2", "ok", ""], child.stderr
