"""Every failure is two lines on stderr and an exit code; with --json, a problem document."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from tensorfleet import errors
from tensorfleet.cli import main


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("TENSORFLEET_URL", "TENSORFLEET_DATA_DIR", "TENSORFLEET_DEBUG", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["rnu"], 2, "Did you mean `run`?"),
        (["run"], 2, "The job has no command."),
        (["run", "--gpsu", "1"], 2, "--gpsu"),
        (["run", "--gpus", "many", "x"], 2, "not a valid integer"),
        (["run", "--gpus", "-1", "x"], 2, "resources.gpus: -1"),
        (["run", "--gpus", "1.5", "x"], 2, "--gpus"),
        (["run", "--slots", str(2**63), "x"], 2, "resources.slots"),
        (["run", "--slots", "1", "--gpus", "1", "x"], 2, "slots are CPU shares"),
        (["run", "--name", "a\nb", "x"], 2, "is not a name"),
        (["run", "--name", "x" * 10_000, "x"], 2, "is not a name"),
        (["run", "-e", "novalue", "x"], 2, "is not KEY=VALUE"),
        (["run", "--recipe", "digist"], 2, "Did you mean 'digits'?"),
        (["run", "--recipe", "digits", "-p", "epochs=-1"], 2, "epochs"),
        (["run", "-f", "/nonexistent.yaml"], 2, "cannot be read"),
        (["ps"], 3, "No head is known"),
        (["ps", "--url", "http://127.0.0.1:1"], 3, "refuses connections"),
        (["recipes", "show", "nothing"], 5, "There is no recipe"),
        (["head", "--http-port", "99999"], 2, "is not a port"),
        (["agent", "--name", "a b"], 2, "is not a name"),
        (["logs"], 2, "Missing argument"),
    ],
)
def test_a_mistake_has_its_code(args: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(args) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.startswith("error: ")
    assert len(err.splitlines()) <= 2
    assert "Traceback" not in err


@pytest.mark.parametrize("args", [[], ["node"], ["-h"], ["run", "--help"]])
def test_asking_nothing_is_asking_for_help(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(args) == 0
    assert capsys.readouterr().out.startswith("Usage: tensorfleet")


def test_programs_get_a_problem_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["ps", "--json", "--url", "http://127.0.0.1:1"]) == 3
    problem = json.loads(capsys.readouterr().err)
    assert problem["code"] == "head_unreachable"
    assert problem["hint"]


def test_json_behind_the_dashes_belongs_to_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["run", "--", "train", "--json"]) in (2, 3)
    assert capsys.readouterr().err.startswith("error: ")


def test_a_fault_of_ours_shows_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("oops\x1b[2J")

    monkeypatch.setattr(main.cli, "invoke", broken)
    assert main.run(["ps"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(
        "error: This is a fault of TensorFleet. ZeroDivisionError: oops [2J\nhint: TENSORFLEET_DEBUG=1"
    )
    monkeypatch.setenv("TENSORFLEET_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main.run(["ps"])


def test_ctrl_c_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main.cli, "invoke", interrupted)
    assert main.run(["ps"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kind", "code"),
    [(errors.NotAllowed, 4), (errors.NotAuthenticated, 4), (errors.Conflict, 1), (errors.StoreFull, 1)],
)
def test_errors_have_the_codes_that_were_promised(kind: type[errors.TensorFleetError], code: int) -> None:
    assert main.fail(kind("x"), []) == code


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    answer = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m tensorfleet.cli recipes show bert | true"],
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0
    assert answer.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main.run(["completion", shell]) == 0
    except click.ClickException:
        pytest.skip(f"no {shell} here")
    assert "_TENSORFLEET_COMPLETE" in capsys.readouterr().out
