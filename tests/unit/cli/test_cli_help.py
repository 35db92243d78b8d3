"""Help is quick and whole: nothing heavy is imported for it, every verb says what it does and gives examples."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from tensorfleet.cli.main import SECTIONS, cli

HEAVY = ("msgspec", "urllib3", "yaml", "aiohttp", "grpc", "zeroconf", "psutil", "tinydb", "torch", "pathspec", "json")
WITHOUT_JSON = {"head", "agent", "demo", "completion", "recipes eject"}


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            for inner, each in command.commands.items():
                yield f"{name} {inner}", each
        else:
            yield name, command


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from tensorfleet.cli.main import run; code = run(['--help']);"
        f"heavy = set({HEAVY!r}) & set(sys.modules); assert not heavy, heavy; sys.exit(code)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "Run something:" in answer.stdout


def test_the_list_of_verbs_says_what_each_says_itself() -> None:
    context = click.Context(cli)
    for verbs in SECTIONS.values():
        for name, summary in verbs.items():
            command = cli.get_command(context, name)
            assert command is not None
            assert command.name == name
            assert (command.help or "").split()[0] == summary.split()[0], name


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_every_verb_explains_itself(name: str, command: click.Command) -> None:
    assert command.help
    assert (command.epilog or "").count("\n  ") >= 2, f"{name} needs examples"
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[0]} is not explained"
    has_json = any("--json" in option.opts for option in command.params)
    assert has_json == (name not in WITHOUT_JSON)
