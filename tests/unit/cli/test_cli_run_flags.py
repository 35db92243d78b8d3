"""What `run` makes of its options and a job file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tensorfleet.cli.run import read_job, run
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.jobfile import JobFile, ResourcesFile


def parse(*args: str) -> tuple[JobFile, Path]:
    flags: dict[str, Any] = dict(run.make_context("run", list(args)).params)
    for name in ("url", "api_key", "ca", "as_json", "detach", "wait_only", "dry_run"):
        flags.pop(name)
    return read_job(flags)


def test_a_command_keeps_its_own_options() -> None:
    job, _ = parse("--nodes", "2", "--slots", "1", "--", "python", "train.py", "--gpus", "9", "-d")
    assert job.run == ["python", "train.py", "--gpus", "9", "-d"]
    assert (job.resources.nodes, job.resources.slots) == (2, 1)


def test_one_word_may_be_a_whole_command_line() -> None:
    assert parse("--", "python train.py | tee log")[0].run == "python train.py | tee log"


def test_options_override_the_file(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("name: a\nrun: python a.py\nenv: {A: 1, B: 2}\npriority: 10\nresources: {nodes: 2, slots: 3}\n")
    job, base = parse("-f", str(file), "--priority", "90", "-e", "B=x=y", "--gpus", "4", "--cold")
    assert (job.name, job.priority, job.warm) == ("a", 90, False)
    assert dict(job.env) == {"A": 1, "B": "x=y"}
    assert job.resources == ResourcesFile(gpus=4)
    assert base == tmp_path


def test_a_recipe_takes_parameters() -> None:
    job, _ = parse("--recipe", "digits", "-p", "epochs=3", "-p", "lr=0.1")
    assert (job.recipe, job.run, dict(job.params)) == ("digits", None, {"epochs": "3", "lr": "0.1"})


def test_a_command_and_a_recipe_do_not_go_together() -> None:
    with pytest.raises(InvalidRequest, match="Both a command and a recipe"):
        parse("--recipe", "digits", "--", "python", "x.py")


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("run: x\nresuorces: {gpus: 1}", "There is no field `resuorces`.", "Did you mean `resources`?"),
        ("run: x\nresources: {gups: 1}", "There is no field `resources.gups`.", "Did you mean `gpus`?"),
        ("run: x\npriority: high", "priority: expected a whole number, got text.", ""),
        ("- a\n- b", "holds no fields", "It needs at least"),
        ("run: [unclosed", "neither YAML nor JSON", ""),
        ("run: x\nresources: {gpus: 1.5}", "resources.gpus", ""),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, words: str, hint: str) -> None:
    (tmp_path / "job.yaml").write_text(text)
    with pytest.raises(InvalidRequest) as caught:
        parse("-f", str(tmp_path / "job.yaml"))
    assert words in caught.value.detail
    assert caught.value.hint.startswith(hint)


def test_a_file_of_100_megabytes_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    with file.open("wb") as out:
        os.truncate(out.fileno(), 100_000_000)
    with pytest.raises(Exception, match="bytes, the limit"):
        parse("-f", str(file))


def test_options_for_the_shape_and_the_nodes_of_a_gang(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("run: python a.py\nresources: {nodes: 2, gpus_per_node: 8, labels: {rack: a, room: '7'}}\n")
    job, _ = parse("-f", str(file), "--shape", "4,2,2", "--label", "rack=b", "--spread", "--apart", "bench")
    assert job.resources == ResourcesFile(shape="4,2,2", labels={"rack": "b", "room": "7"}, spread=True, apart="bench")
    with pytest.raises(InvalidRequest, match="'rack' is not NAME=VALUE"):
        parse("--label", "rack", "--", "true")
    with pytest.raises(InvalidRequest, match="rack is given twice, as a and b"):
        parse("--label", "rack=a", "--label", "rack=b", "--", "true")
