"""Recipes over REST: what a form needs to know of each, as the catalogue has it."""

from __future__ import annotations

from process.rest_head import Head
from tensorfleet.recipes.catalog import RECIPES


def test_every_recipe_is_told_with_its_parameters(rest: Head) -> None:
    items = {
        each["name"]: each for each in rest.ask("GET", "/api/v1/recipes", rest.key_for("eve", "viewer")).json["items"]
    }
    assert list(items) == list(RECIPES)
    digits = items["digits"]
    assert (digits["needs"], "handwritten" in digits["summary"]) == (["sklearn"], True)
    rate = next(each for each in digits["params"] if each["name"] == "lr")
    assert (rate["type"], rate["default"], rate["minimum"], rate["maximum"]) == ("float", 0.1, 1e-6, 10)
    depth = next(each for each in items["resnet"]["params"] if each["name"] == "depth")
    assert (depth["type"], depth["choices"]) == ("choice", ["18", "34", "50"])


def test_a_form_filled_with_the_defaults_is_a_job(rest: Head) -> None:
    for recipe in rest.ask("GET", "/api/v1/recipes").json["items"]:
        params = {each["name"]: each["default"] for each in recipe["params"] if each["default"] is not None}
        planned = rest.ask("POST", "/api/v1/jobs:plan", body={"recipe": recipe["name"], "params": params})
        assert planned.status == 200, planned.data
