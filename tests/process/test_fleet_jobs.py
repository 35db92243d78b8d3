"""A job from submit to end over two agents: what it is given, what comes back, how its end is told."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.errors import ImpossibleRequest

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def test_ranks_get_the_environment_of_torchrun_and_our_own(fleet: Fleet) -> None:
    job = fleet.submit("python", "-c", SHOW, nodes=2, slots=2)
    assert fleet.finished(job.id).state == "succeeded"
    ranks = {int(env["RANK"]): env for env in (json.loads(line) for line in fleet.lines(job.id))}
    assert sorted(ranks) == [0, 1, 2, 3]
    assert {env["WORLD_SIZE"] for env in ranks.values()} == {"4"}
    assert [ranks[rank]["LOCAL_RANK"] for rank in range(4)] == ["0", "1", "0", "1"]
    assert [ranks[rank]["GROUP_RANK"] for rank in range(4)] == ["0", "0", "1", "1"]
    assert {env["LOCAL_WORLD_SIZE"] for env in ranks.values()} == {"2"}
    assert len({(env["MASTER_ADDR"], env["MASTER_PORT"]) for env in ranks.values()}) == 1
    assert {env["TORCHELASTIC_RESTART_COUNT"] for env in ranks.values()} == {"0"}
    assert {env["TENSORFLEET_JOB_ID"] for env in ranks.values()} == {job.id}
    assert {env["TENSORFLEET_NODES"] for env in ranks.values()} == {"2"}
    for env in ranks.values():
        assert env["GLOO_SOCKET_IFNAME"] == "lo"
        assert not [name for name in env if name.startswith(("SLURM_", "TF_"))]
        assert all(Path(env[f"TENSORFLEET_{name}_DIR"]).is_absolute() for name in ("RUN", "OUTPUT", "CHECKPOINT"))


def test_the_next_attempt_of_the_same_job_meets_at_another_port(fleet: Fleet) -> None:
    ports = set()
    for _ in range(2):
        job = fleet.submit("sh", "-c", "echo $MASTER_PORT", nodes=2, slots=1)
        fleet.finished(job.id)
        ports.update(fleet.lines(job.id))
    assert len(ports) == 2


@pytest.mark.parametrize(
    ("script", "exit_code", "words"),
    [
        ("exit 7", 7, "exit code 7"),
        ("kill -9 $$", 137, "SIGKILL"),
        ("[ $RANK = 0 ] && sleep 60; exit 3", 3, "Rank 1"),
    ],
)
def test_a_failing_rank_is_named_with_its_node_and_code(fleet: Fleet, script: str, exit_code: int, words: str) -> None:
    job = fleet.submit("sh", "-c", script, nodes=2, slots=1)
    cause = fleet.finished(job.id, seconds=10).cause
    assert cause is not None
    assert cause.exit_code == exit_code
    assert words in cause.text
    assert cause.node in ("a", "b")


def test_a_syntax_error_on_rank_1_only_is_rank_1s(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("import time; time.sleep(60)\n")
    (tmp_path / "bad.py").write_text("def broken(:\n")
    script = "[ $RANK = 1 ] && exec python bad.py; exec python good.py"
    job = fleet.client.run(["sh", "-c", script], nodes=2, slots=1, workdir=tmp_path)
    cause = fleet.finished(job.id, seconds=15).cause
    assert cause is not None
    assert (cause.rank, cause.exit_code) == (1, 1)
    assert any("SyntaxError" in line for line in fleet.lines(job.id, rank=1))


def test_a_command_that_does_not_exist_is_a_sentence(fleet: Fleet) -> None:
    job = fleet.submit("no-such-command")
    cause = fleet.finished(job.id).cause
    assert cause is not None
    assert cause.code == "start"
    assert "no-such-command" in cause.text
    assert cause.exit_code == 127


def test_what_does_not_fit_into_the_fleet_is_refused_with_what_would(fleet: Fleet) -> None:
    with pytest.raises(ImpossibleRequest, match="largest possible is 8 slots on 2 nodes"):
        fleet.submit("true", slots=9)


def test_files_of_every_node_come_back(fleet: Fleet, tmp_path: Path) -> None:
    script = "mkdir -p $TENSORFLEET_OUTPUT_DIR/sub; echo from $RANK > $TENSORFLEET_OUTPUT_DIR/sub/rank-$RANK.txt"
    job = fleet.submit("sh", "-c", script, nodes=2, slots=1)
    fleet.finished(job.id)
    found = {artifact.path: artifact for artifact in fleet.client.artifacts(job.id)}
    assert sorted(found) == ["sub/rank-0.txt", "sub/rank-1.txt"]
    got = fleet.run("artifacts", "get", job.id, "-o", str(tmp_path / "out"))
    assert got.returncode == 0, got.stderr
    assert (tmp_path / "out" / "sub" / "rank-1.txt").read_text() == "from 1\n"


def test_metrics_come_from_plain_lines_and_from_the_sdk(fleet: Fleet) -> None:
    script = (
        "import tensorfleet\n"
        "run = tensorfleet.init()\n"
        "for step in range(20):\n"
        "    run.log(loss=1 / (step + 1), step=step)\n"
        "    print(f'step={step} accuracy={step / 20}')\n"
    )
    job = fleet.submit(sys.executable, "-c", script)
    fleet.finished(job.id)
    series = {(curve.name, curve.source): curve for curve in fleet.client.metrics(job.id)}
    assert series["loss", "sdk"].count == 20
    assert series["accuracy", "lines"].last == 19 / 20


def test_the_code_is_sent_once_and_again_only_what_changed(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(range(256)) * 20_000)
    (tmp_path / "ignored.txt").write_text("x")
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    (tmp_path / "main.py").write_text("import os; print(sorted(os.listdir('.')), os.path.getsize('data.bin'))\n")
    first = fleet.client.run(["python", "main.py"], workdir=tmp_path)
    fleet.finished(first.id)
    assert fleet.lines(first.id) == ["['.gitignore', 'data.bin', 'main.py'] 5120000"]
    (tmp_path / "main.py").write_text("print('changed')\n")
    sent: list[str] = []
    client = fleet.client
    real = client.put_blob
    client.put_blob = lambda digest, data: (sent.append(digest), real(digest, data))[1]  # type: ignore[method-assign,func-returns-value,assignment]
    second = client.run(["python", "main.py"], workdir=tmp_path)
    fleet.finished(second.id)
    assert fleet.lines(second.id) == ["changed"]
    assert len(sent) == 2, "the changed file and the manifest"


def test_a_node_shows_what_it_measures(fleet: Fleet) -> None:
    wait_for(lambda: fleet.run("node", "show", "a").returncode == 0, "the node measured")
    shown = fleet.run("node", "show", "a").stdout
    assert re.search(r"^cpu .* cores, load", shown, re.MULTILINE)
    assert re.search(r"^memory .* of ", shown, re.MULTILINE)
    measured = fleet.client.telemetry("a")
    assert time.time() - measured.time < 5
    assert fleet.run("node", "show", "nobody").returncode == 5


def test_progress_bars_are_collapsed(fleet: Fleet) -> None:
    job = fleet.submit("python", "-c", "for i in range(1000): print(f'\\r{i}/1000', end='')\nprint()")
    fleet.finished(job.id)
    lines = fleet.lines(job.id)
    assert lines[-1] == "999/1000"
    assert len(lines) <= 3


def test_logs_are_followed_live_from_the_first_line(fleet: Fleet) -> None:
    job = fleet.submit("sh", "-c", "for i in 1 2 3; do echo $i; done; sleep 30")
    seen = []
    for message in fleet.client.follow_logs(job.id):
        seen.append(getattr(message, "text", None))
        if len(seen) == 3:
            break
    assert seen == ["1", "2", "3"]
    fleet.client.kill(job.id)
    wait_for(lambda: fleet.client.job(job.id).state == "cancelled", "killed")
