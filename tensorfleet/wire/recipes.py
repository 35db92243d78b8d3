"""The JSON of recipes: the built-in trainers, and what each can be told."""

from __future__ import annotations

from typing import Literal

import msgspec


class ParamView(msgspec.Struct, frozen=True):
    """One thing a recipe can be told. type: of a `path`, the default null is the recipe's own data. choices: of a
    `choice`. minimum, maximum: of a number, null for no bound."""

    name: str
    type: Literal["int", "float", "str", "path", "choice"]
    default: int | float | str | None
    help: str
    minimum: float | None
    maximum: float | None
    choices: list[str]


class RecipeView(msgspec.Struct, frozen=True):
    """needs: modules that the nodes have to have beside torch."""

    name: str
    summary: str
    params: list[ParamView]
    needs: list[str]


class RecipePage(msgspec.Struct, frozen=True):
    items: list[RecipeView]
