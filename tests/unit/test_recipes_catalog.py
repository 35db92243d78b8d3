"""The catalogue turns names and values into a command, or refuses them with one sentence; without torch."""

import subprocess
import sys
from typing import Any

import pytest

from tensorfleet.recipes.catalog import RECIPES, RecipeError, command, params_of, validate


def test_a_recipe_becomes_the_command_of_its_script() -> None:
    assert command("digits", {}) == ["python", "digits.py"]
    assert command("digits", {"epochs": 10, "lr": 0.05}) == ["python", "digits.py", "--epochs", "10", "--lr", "0.05"]


def test_values_come_typed_from_shells_and_yaml_alike() -> None:
    assert validate("digits", {"epochs": "10", "batch-size": 16.0, "lr": "1e-2"}) == {
        "epochs": 10,
        "batch_size": 16,
        "lr": 0.01,
    }
    assert validate("resnet", {"depth": 50, "flip": True}) == {"depth": "50", "flip": "yes"}


def test_a_value_cannot_pass_for_a_flag() -> None:
    assert command("tabular", {"csv": "--help", "target": "-x"}) == [
        "python",
        "tabular.py",
        "--csv=--help",
        "--target=-x",
    ]


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("digit", {}, "Did you mean 'digits'?"),
        ("x" * 10_000, {}, "There are digits, "),
        ("digits", {"epoch": 3}, "Did you mean 'epochs'?"),
        ("digits", {"epochs": 3, "EPOCHS": 3}, "no parameter 'EPOCHS'"),
        ("digits", {"batch-size": 3, "batch_size": 3}, "given twice"),
        ("digits", {"epochs": -1}, "not between 1 and 10000"),
        ("digits", {"epochs": 2**63}, "not between 1 and 10000"),
        ("digits", {"epochs": 1.5}, "not a whole number"),
        ("digits", {"epochs": True}, "not a whole number"),
        ("digits", {"epochs": None}, "not a whole number"),
        ("digits", {"epochs": "9" * 5000}, "not a whole number"),
        ("digits", {"lr": "nan"}, "not a number"),
        ("digits", {"lr": [1]}, "not a number"),
        ("digits", {"lr": 1e9}, "not between 1e-06 and 10"),
        ("resnet", {"depth": 19}, "not one of 18, 34, 50"),
        ("bert", {"text": ""}, "not 1 to 4096 characters"),
        ("bert", {"text": "a\0b"}, "not 1 to 4096 characters"),
        ("bert", {"text": {}}, "not text"),
    ],
)
def test_a_wrong_name_or_value_is_refused_with_one_sentence(name: str, params: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        command(name, params)
    sentence = f"{caught.value.detail} {caught.value.hint}"
    assert words in sentence
    assert len(sentence) < 300
    assert "\n" not in sentence


def test_every_recipe_has_its_script_and_says_what_it_is() -> None:
    for name, recipe in RECIPES.items():
        assert recipe.name == name
        assert recipe.script.is_file()
        assert recipe.summary
        assert all(param.help for param in recipe.params)


def test_the_catalogue_needs_no_torch() -> None:
    code = "import sys, tensorfleet.recipes.catalog; sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "params",
    [{}, {"epochs": 3, "lr": 0.02}, {"lr": 1e-06, "batch_size": 8, "seed": 0}],
)
def test_what_a_recipe_was_told_is_read_from_its_command(params: dict[str, Any]) -> None:
    assert params_of("digits", command("digits", params)) == params


def test_odd_values_are_read_too_and_another_command_is_none() -> None:
    odd = {"text": "--a=b c"}
    assert params_of("charlm", command("charlm", odd)) == odd
    assert params_of("digits", ["python", "digits.py", "--epochs"]) is None
    assert params_of("digits", ["python", "mine.py", "--epochs", "3"]) is None
    assert params_of("digits", ["python", "digits.py", "--gone", "3"]) is None
    assert params_of("gone", ["python", "gone.py"]) is None
