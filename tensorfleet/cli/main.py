"""The door: which verbs there are, how errors look, what the process exits with.

Nothing heavy is imported here: `tensorfleet --help` is click and this file.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from tensorfleet import errors
from tensorfleet.cli.exits import INTERRUPTED, exit_code

SECTIONS: Final[dict[str, dict[str, str]]] = {
    "Run something": {
        "run": "Run a command as a job and stay with it to its end.",
        "recipes": "List, show and copy out the built-in trainers.",
        "demo": "Try it all on this machine: a head, two agents, a real training job.",
    },
    "Look at jobs": {
        "ps": "List jobs.",
        "show": "Show everything about a job.",
        "why": "Explain what a job waits for.",
        "logs": "Print what a job's ranks wrote.",
        "metrics": "Draw a job's curves.",
        "artifacts": "List and fetch the files a job left.",
        "checkpoints": "List and fetch what a job can go on from.",
        "events": "Tell what happened, to a job or in the fleet.",
    },
    "Change what runs": {
        "pause": "Pause jobs: they save, and their nodes are free.",
        "resume": "Take paused jobs up again.",
        "requeue": "Put running jobs back into the queue.",
        "retry": "Try jobs that failed or were cancelled once more.",
        "clone": "Run what a job ran once more, with changes.",
        "stop": "Stop jobs: SIGTERM, a grace period, then SIGKILL.",
        "kill": "Kill jobs at once.",
    },
    "The queue": {
        "queue": "Look at the queue and its policy, and change both.",
        "reserve": "Set nodes aside for a team, a user, a class, or maintenance.",
        "teams": "List the teams, and change their shares and limits.",
        "usage": "Report GPU-hours, waiting and efficiency.",
        "simulate": "Replay a trace of jobs, and compare policies and fleets.",
    },
    "The fleet": {
        "nodes": "List the nodes.",
        "node": "Look at a node, let it in, drain it, or send it away.",
        "head": "Start a head on this machine.",
        "agent": "Make this machine a node of a fleet.",
        "doctor": "Look for what is wrong on this machine.",
        "backup": "Keep all that a head is, in one file.",
        "restore": "Make a head again out of a backup.",
    },
    "Yourself": {
        "login": "Remember a head and a credential for it.",
        "web": "Print a link that signs you in to the web console.",
        "keys": "List, make and revoke API keys.",
        "completion": "Print the completion script for a shell.",
        "version": "Print the version, and the head's.",
    },
}


class Verbs(click.Group):
    """Commands by name, each imported from the module of the same name when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb for verbs in SECTIONS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if not any(name in verbs for verbs in SECTIONS.values()):
            return None
        module = importlib.import_module(f"tensorfleet.cli.{name}")
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1, 0.5)
            hint = f"Did you mean `{near[0]}`?" if near else "`tensorfleet --help` lists the verbs."
            raise errors.InvalidRequest(f"There is no verb {args[0][:40]!r}.", hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()), col_max=12)


HINTS: Final = {
    errno.ENOSPC: "Free some space on that disk.",
    errno.EDQUOT: "Free some space, or ask for a larger quota.",
    errno.EROFS: "Choose a directory that can be written to.",
    errno.EACCES: "Check who owns it, or choose another directory.",
    errno.EPERM: "Check who owns it, or choose another directory.",
    errno.EMFILE: "Raise the limit of open files (ulimit -n).",
}
"""What the machine may refuse, and what to do about it."""


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="tensorfleet", message="%(version)s", prog_name="tensorfleet")
def cli() -> None:
    """One package turns a room of GPU machines into one training computer.

    \b
      tensorfleet demo                                    see it work, on this machine
      tensorfleet run --gpus 16 -- python train.py        train on the fleet
      tensorfleet ps                                      what runs, what waits

    Every verb explains itself: tensorfleet VERB --help
    """


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str]) -> int:
    """Runs the command line `args` and answers the exit code. The outer shell: nothing passes it but exit codes."""
    try:
        if "_TENSORFLEET_COMPLETE" in os.environ:
            cli.main(prog_name="tensorfleet")
        # Not `cli.main`, which ends the process by itself when a pipe closes.
        with cli.make_context("tensorfleet", list(args)) as context:
            code = cli.invoke(context)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except errors.TensorFleetError as error:
        return fail(error, args)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "tensorfleet"
        return fail(errors.InvalidRequest(error.format_message(), f"See `{where} --help`."), args)
    except click.ClickException as error:
        return fail(errors.InvalidRequest(error.format_message()), args)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("TENSORFLEET_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in HINTS:
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            return fail(errors.InfraError(f"This machine refuses: {what}.", HINTS[error.errno]), args)
        text = f"{type(error).__name__}: {error}"
        return fail(errors.Fault(f"This is a fault of TensorFleet. {text}", "TENSORFLEET_DEBUG=1 shows where."), args)


def fail(error: errors.TensorFleetError, args: Sequence[str]) -> int:
    """Two lines on stderr (with --json: a problem document there), and the exit code for `error`."""
    if os.environ.get("TENSORFLEET_DEBUG"):
        import traceback

        traceback.print_exception(error)
    own = args[: args.index("--")] if "--" in args else args
    if "--json" in own:
        import json

        problem = {
            "type": f"/docs#problem-{error.code}",
            "title": error.title,
            "detail": error.detail,
            "code": error.code,
            "hint": error.hint,
            "blame": error.blame,
        }
        click.echo(json.dumps(problem), err=True)
    else:
        click.echo(click.style("error: ", fg="red", bold=True) + one_line(error.detail), err=True)
        if error.hint:
            click.echo(click.style("hint: ", fg="cyan") + one_line(error.hint), err=True)
    return exit_code(error)


def one_line(text: Any) -> str:
    """`text` without line ends and control characters, which could come from anybody."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))
