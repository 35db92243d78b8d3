"""A head that is killed and comes back while somebody watches: no line is lost, none comes twice."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from process.fleet import COMMAND, Fleet, wait_for

COUNT = 300


def test_an_attached_run_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "count.py").write_text(
        f"import time\nfor number in range({COUNT}):\n    print(number, flush=True)\n    time.sleep(0.01)\n"
    )
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        seen, beside = tmp_path / "seen", tmp_path / "beside"
        with seen.open("wb") as out, beside.open("wb") as err:
            attached = subprocess.Popen(
                [COMMAND, "run", "--", "python", "count.py"],
                cwd=tmp_path / "work",
                env=fleet.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        wait_for(lambda: seen.read_text().count("\n") > 20, "some lines came")
        fleet.end("head", signal.SIGKILL)
        fleet.start_head()
        try:
            code = attached.wait(30)
        finally:
            attached.kill()
            attached.wait()
    assert seen.read_text().split() == [str(number) for number in range(COUNT)]
    assert code == 0, beside.read_text()
