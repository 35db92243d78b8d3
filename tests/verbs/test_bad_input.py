"""Bad input at the command line: one sentence, one hint, the code that was promised, and a fleet that goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet


@pytest.fixture(autouse=True)
def unharmed(fleet: Fleet) -> Iterator[None]:
    """Head and agents are the same processes afterwards, and work."""
    pids = {name: process.pid for name, process in fleet.processes.items()}
    yield
    assert {name: process.pid for name, process in fleet.processes.items()} == pids
    assert all(process.poll() is None for process in fleet.processes.values())
    assert fleet.run("run", "--no-upload", "--", "true").returncode == 0


FILES = {
    "an unknown field": (
        "run: x\nreesources: {gpus: 1}",
        "There is no field `reesources`.",
        "Did you mean `resources`?",
    ),
    "an unknown field inside": ("run: x\nresources: {gpu_s: 1}", "`resources.gpu_s`", "Did you mean `gpus`?"),
    "a wrong type": ("run: x\nresources: {gpus: many}", "resources.gpus: expected a whole number", ""),
    "a truth for a text": ("run: true", "run: expected text or a list or nothing, got true or false.", "quotes"),
    "negative GPUs": ("run: x\nresources: {gpus: -1}", "resources.gpus: -1 is not within", ""),
    "half a GPU": ("run: x\nresources: {gpus: 0.5}", "resources.gpus: expected a whole number", ""),
    "2^63 slots": (f"run: x\nresources: {{slots: {2**63}}}", "resources.slots", ""),
    "more than there is": ("run: x\nresources: {slots: 99}", "can never run 99 slots", "Ask for less"),
    "a GPU where there is none": ("run: x\nresources: {gpus: 1}", "can never run 1 GPU", ""),
    "a name of 10,000 characters": (f"run: x\nname: {'n' * 10_000}", "is not a name", "letters, digits"),
    "a name with a newline": ('run: x\nname: "a\\nb"', "is not a name", "letters, digits"),
    "a directory that is not there": ("run: x\nworkdir: /nowhere", "/nowhere", ""),
    "no YAML": ("run: [", "is neither YAML nor JSON", ""),
    "no text": ("\0\0", "is neither YAML nor JSON", ""),
    "no fields": ("- run", "holds no fields", "It needs at least"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_job_file(fleet: Fleet, tmp_path: Path, name: str) -> None:
    text, sentence, hint = FILES[name]
    (tmp_path / "job.yaml").write_text(text)
    before = len(list(fleet.client.jobs()))
    done = fleet.run("run", "-f", "job.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert sentence in lines[0]
    assert len(lines) <= 2
    assert hint in done.stderr
    assert max(map(len, lines)) < 400
    assert len(list(fleet.client.jobs())) == before


def test_a_job_file_of_100_megabytes(fleet: Fleet, tmp_path: Path) -> None:
    with (tmp_path / "job.yaml").open("wb") as file:
        file.truncate(100_000_000)
    done = fleet.run("run", "-f", "job.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "has more than 1048576 bytes, the limit." in done.stderr


WHERE = {
    "an unknown job": (["show", "j000000000"], {}, 5, "There is no job"),
    "an unknown node": (["node", "show", "nobody"], {}, 5, "There is no node"),
    "a head that is not there": (["ps", "--url", "http://127.0.0.1:1"], {}, 3, "refuses connections"),
    "no head known": (["ps"], {"TENSORFLEET_DATA_DIR": "/nonexistent"}, 3, "No head is known"),
    "a wrong key": (["ps", "--api-key", f"tfk_{'A' * 43}"], {}, 4, "key"),
    "half a key": (["ps", "--api-key", "tfk_half"], {}, 4, "not a whole API key"),
    "no key": (["ps", "--url", "URL"], {"TENSORFLEET_DATA_DIR": "/nonexistent"}, 4, "tensorfleet login"),
    "a head where none may be": (["head", "--data-dir", "/proc/none"], {}, 2, "cannot be made"),
    "an address of nobody": (
        ["head", "--host", "192.0.2.1", "--data-dir", "NEW", "--no-mdns"],
        {},
        2,
        "not an address",
    ),
    "an agent where none may be": (["agent", "--data-dir", "/proc/none"], {}, 2, "cannot be made"),
    "no token": (["agent", "--head", "RPC", "--data-dir", "NEW", "--join", "nonsense"], {}, 2, "not a join token"),
    "no file for a token": (["agent", "--head", "RPC", "--data-dir", "NEW", "--join", "@/none"], {}, 5, "/none"),
}


@pytest.mark.parametrize("name", WHERE)
def test_a_place_or_a_credential(fleet: Fleet, tmp_path: Path, name: str) -> None:
    arguments, environment, code, sentence = WHERE[name]
    stand_ins = {"URL": fleet.url, "RPC": f"127.0.0.1:{fleet.about['rpc_port']}", "NEW": str(tmp_path / "new")}
    done = fleet.run(*(stand_ins.get(word, word) for word in arguments), env={"HOME": str(tmp_path), **environment})
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert sentence in done.stderr
    assert done.stderr.startswith("error: ")
    assert "hint: " in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_token_that_is_used_up_or_of_another_head(fleet: Fleet, tmp_path: Path) -> None:
    reached = ("agent", "--head", f"127.0.0.1:{fleet.about['rpc_port']}", "--data-dir", str(tmp_path / "agent"))
    with Fleet(tmp_path) as other:
        foreign = other.client.join_token().token
    done = fleet.run(*reached, "--join", foreign)
    assert done.returncode == 4
    assert "another" in done.stderr
    assert "hint: " in done.stderr


def test_a_store_that_cannot_be_read(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(os.urandom(9000))
    kept = (tmp_path / "state.db").read_bytes()
    done = fleet.run("head", "--data-dir", str(tmp_path), "--http-port", "0", "--rpc-port", "0", "--no-mdns")
    assert (done.returncode, done.stdout) == (1, "")
    assert "state.db is damaged" in done.stderr
    assert "Put a backup in its place" in done.stderr
    assert (tmp_path / "state.db").read_bytes() == kept


def test_no_node_at_all(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        done = fleet.run("run", "-d", "--no-upload", "--", "true")
        assert done.returncode == 0
        job = done.stdout.strip()
        for verb in (("why", job), ("run", "--dry-run", "--no-upload", "--", "true")):
            told = fleet.run(*verb)
            assert told.returncode == 0
            assert "No node has joined this fleet yet" in told.stdout
            assert "tensorfleet agent" in told.stdout + told.stderr
        fleet.agent("late", "--slots", "1", "--no-warm")
        assert fleet.finished(job).state == "succeeded"
