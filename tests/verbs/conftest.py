"""One head and two agents of four slots each, `a` and `b`, for all verbs; a work directory for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--slots", "4", "--no-warm")
        yield fleet


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A directory with a script that behaves as its arguments say."""
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


SCRIPT = """\
import os, signal, sys, time
what = sys.argv[1] if len(sys.argv) > 1 else "greet"
rank = os.environ["RANK"]
if what == "greet":
    print("hello from", rank, flush=True)
elif what == "exit":
    print("about to fail", flush=True)
    sys.exit(int(sys.argv[2]))
elif what == "die":
    os.kill(os.getpid(), signal.SIGKILL)
elif what == "sleep":
    print("asleep", flush=True)
    time.sleep(600)
elif what == "write":
    out = os.environ["TENSORFLEET_OUTPUT_DIR"]
    os.makedirs(out + "/deep", exist_ok=True)
    open(out + "/model.bin", "wb").write(bytes(range(256)) * 10000)
    open(out + "/deep/note.txt", "w").write("note of " + rank)
elif what == "log":
    for step in range(50):
        print(f"step={step} loss={1 / (step + 1):.4f}", flush=True)
elif what == "count":
    for number in range(int(sys.argv[2])):
        print(f"{rank}:{number}", flush=True)
"""
