"""`tensorfleet completion`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import examples

EPILOG = examples(
    'eval "$(tensorfleet completion bash)"        in ~/.bashrc',
    "tensorfleet completion fish > ~/.config/fish/completions/tensorfleet.fish",
)


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class

    from tensorfleet.cli.main import cli

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"{shell} has no completion.")
    click.echo(made(cli, {}, "tensorfleet", "_TENSORFLEET_COMPLETE").source())
