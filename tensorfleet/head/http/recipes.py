"""The recipes that a job file may name."""

from __future__ import annotations

from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.recipes import catalog
from tensorfleet.wire.recipes import ParamView, RecipePage, RecipeView


@route("GET", "/api/v1/recipes", Permission.READ, tag="jobs")
async def list_recipes(call: Call[None, None]) -> RecipePage:
    """List the recipes.

    The built-in trainers, each with its parameters: `recipe` and `params` of a job file.
    """
    del call
    return RecipePage([_view(each) for each in catalog.RECIPES.values()])


def _view(recipe: catalog.Recipe) -> RecipeView:
    return RecipeView(
        recipe.name,
        recipe.summary,
        [
            ParamView(each.name, each.type, each.default, each.help, each.minimum, each.maximum, list(each.choices))
            for each in recipe.params
        ],
        list(recipe.needs),
    )
