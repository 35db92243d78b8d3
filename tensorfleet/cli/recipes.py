"""`tensorfleet recipes`: the built-in trainers."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorfleet.cli.session import examples
from tensorfleet.errors import Conflict, InvalidRequest, NotFound

if TYPE_CHECKING:
    from tensorfleet.recipes.catalog import Recipe


@click.group()
def recipes() -> None:
    """List, show and copy out the built-in trainers; run one with `tensorfleet run --recipe NAME`."""


@recipes.command("list", epilog=examples("tensorfleet recipes list", "tensorfleet recipes list --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def listing(as_json: bool) -> None:
    """List the recipes."""
    from tensorfleet.cli.table import table
    from tensorfleet.recipes.catalog import RECIPES

    if as_json:
        _document([_plain(recipe) for recipe in RECIPES.values()])
        return
    for line in table(("RECIPE", "WHAT IT TRAINS"), [(r.name, r.summary) for r in RECIPES.values()]):
        click.echo(line)


@recipes.command(epilog=examples("tensorfleet recipes show digits", "tensorfleet recipes show bert --json"))
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def show(name: str, as_json: bool) -> None:
    """Show what recipe NAME does and the parameters it takes."""
    from tensorfleet.cli.table import table

    recipe = _find(name)
    if as_json:
        _document(_plain(recipe))
        return
    click.echo((ast.get_docstring(ast.parse(recipe.script.read_text())) or recipe.summary) + "\n")
    rows = []
    for param in recipe.params:
        bounds = f"{param.minimum:g} to {param.maximum:g}" if param.minimum is not None and param.maximum else ""
        allowed = ", ".join(param.choices) or bounds or param.type
        rows.append((param.name, "" if param.default is None else str(param.default), allowed, param.help))
    for line in table(("PARAMETER", "DEFAULT", "ALLOWED", "MEANING"), rows):
        click.echo(line)
    click.echo(f"\nRun it: tensorfleet run --recipe {name} -p {recipe.params[0].name}=...")


@recipes.command(epilog=examples("tensorfleet recipes eject digits", "tensorfleet recipes eject bert my-bert"))
@click.argument("name")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def eject(name: str, folder: Path) -> None:
    """Copy the script of recipe NAME into DIR, to be changed and run as one's own."""
    recipe = _find(name)
    target = folder / recipe.script.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy:
            copy.write(recipe.script.read_bytes())
    except FileExistsError as error:
        raise Conflict(f"{target} exists already.", "Name another directory.") from error
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written: {error.strerror}.") from error
    click.echo(str(target))
    click.echo(f"Run it: tensorfleet run --workdir {folder} -- python {target.name}", err=True)


def _find(name: str) -> Recipe:
    from tensorfleet.recipes.catalog import RecipeError, find

    try:
        return find(name)
    except RecipeError as error:
        raise NotFound(error.detail, error.hint) from error


def _plain(recipe: Recipe) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(recipe), "script": recipe.script.name}


def _document(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2))
