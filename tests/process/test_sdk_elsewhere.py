"""The exported SDK works in Pythons that have never heard of TensorFleet."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tensorfleet.train.export import export_sdk

PYTHONS = [
    Path(sys.base_prefix) / "bin" / "python3",
    *(path for path in [Path("/usr/bin/python3")] if path.exists()),
    *(path for minor in range(9, 16) for path in Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3")),
]

SCRIPT = """
import os, sys
import tensorfleet
run = tensorfleet.init()
run.log(loss=0.5, step=1)
tensorfleet.log({"loss": 0.25, "step": 2})
if os.fork() == 0:
    run.log(child=1.0)
    os._exit(0)
os.wait()
assert not run.should_stop()
print(tensorfleet.__version__, run.rank, run.world_size, run.job_id)
"""


@pytest.mark.parametrize("python", sorted({str(path) for path in PYTHONS}))
def test_the_sdk_runs_in_a_bare_environment(python: str, tmp_path: Path) -> None:
    export_sdk(tmp_path / "sdk")
    (tmp_path / "run").mkdir()
    env = {
        "PYTHONPATH": str(tmp_path / "sdk"),
        "TENSORFLEET_RUN_DIR": str(tmp_path / "run"),
        "TENSORFLEET_JOB_ID": "job-1",
        "RANK": "1",
        "WORLD_SIZE": "2",
    }
    done = subprocess.run(
        [python, "-W", "error", "-c", SCRIPT], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1:] == ["1", "2", "job-1"]
    lines = (tmp_path / "run" / "metrics" / "rank-1.jsonl").read_text().splitlines()
    assert [json.loads(line)["m"] for line in lines] == [{"loss": 0.5}, {"loss": 0.25}, {"child": 1.0}]
