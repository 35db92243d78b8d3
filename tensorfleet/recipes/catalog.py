"""What recipes there are, what they can be told, and the command that runs one.

Known here without importing torch, so that a wrong parameter is refused at submission and not minutes later on a node.
A test holds these tables against the scripts' own argument parsers.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["int", "float", "str", "path", "choice"]
Value = str | int | float


class RecipeError(ValueError):
    """A recipe or a parameter that does not exist, or a value it cannot take. `hint` may be empty."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Param:
    """One thing a recipe can be told. `path` is a file or folder on the nodes; None means the recipe's own data."""

    name: str
    type: Kind
    default: Value | None
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """`script` is the file to copy to the work directory; `needs` are the modules it imports beyond torch."""

    name: str
    summary: str
    script: Path
    params: tuple[Param, ...]
    needs: tuple[str, ...] = ()


def _integer(name: str, default: int, least: int, most: int, help: str) -> Param:
    return Param(name, "int", default, help, least, most)


def _number(name: str, default: float, least: float, most: float, help: str) -> Param:
    return Param(name, "float", default, help, least, most)


def _choice(name: str, default: str, choices: Iterable[str], help: str) -> Param:
    return Param(name, "choice", default, help, choices=tuple(choices))


_MILLIONS = 10_000_000
_SEED = _integer("seed", 0, 0, 2**31, "same seed and ranks, same curve")
_THREADS = _integer("threads", 1, 1, 1024, "CPU threads per rank")

_HERE = Path(__file__).parent

_ALL = (
    Recipe(
        "digits",
        "a small convolutional network on scikit-learn's handwritten digits",
        _HERE / "digits.py",
        (
            _integer("epochs", 10, 1, 10_000, "passes over the digits"),
            _integer("batch_size", 32, 1, 1024, "digits per step and rank"),
            _number("lr", 0.1, 1e-6, 10, "highest learning rate of SGD"),
            _integer("width", 16, 1, 1024, "channels of the first layer"),
            _SEED,
            _THREADS,
        ),
        ("sklearn",),
    ),
    Recipe(
        "resnet",
        "a ResNet-18, -34 or -50 from scratch on a folder of images",
        _HERE / "resnet.py",
        (
            Param("images", "path", None, "a folder, one sub-directory a class; handwritten digits if not given"),
            _choice("depth", "18", ("18", "34", "50"), "layers of the network"),
            _integer("image_size", 64, 32, 1024, "pixels a side"),
            _integer("limit", 0, 0, 2**31, "use this many images only; 0 for all"),
            _integer("epochs", 5, 1, 10_000, "passes over the images"),
            _integer("batch_size", 32, 2, 65_536, "images per step and rank"),
            _number("lr", 0.05, 1e-6, 10, "highest learning rate of SGD"),
            _choice("flip", "no", ("yes", "no"), "mirror half of the training images"),
            _integer("workers", 0, 0, 256, "processes per rank that read images"),
            _SEED,
            _THREADS,
        ),
        ("PIL", "sklearn"),
    ),
    Recipe(
        "bert",
        "a BERT from scratch on the bytes of a text, by filling in masked ones",
        _HERE / "bert.py",
        (
            Param("text", "path", None, "a text file; Python's own reference if not given"),
            _choice("size", "tiny", ("tiny", "mini", "small", "base", "large"), "layers, width and heads"),
            _integer("steps", 1000, 1, _MILLIONS, "optimiser steps"),
            _integer("batch_size", 16, 1, 65_536, "sequences per step and rank"),
            _integer("length", 128, 8, 8192, "bytes the model sees at once"),
            _number("mask", 0.15, 0.01, 0.9, "share of bytes to be guessed"),
            _number("dropout", 0.1, 0, 0.9, "share of activations dropped"),
            _number("lr", 5e-4, 1e-7, 1, "highest learning rate of AdamW"),
            _integer("eval_every", 250, 1, _MILLIONS, "steps between validations"),
            _SEED,
            _THREADS,
        ),
    ),
    Recipe(
        "charlm",
        "a small GPT on the characters of a text",
        _HERE / "charlm.py",
        (
            Param("text", "path", None, "a UTF-8 text file; Python's own reference if not given"),
            _integer("steps", 2000, 1, _MILLIONS, "optimiser steps"),
            _integer("batch_size", 12, 1, 65_536, "sequences per step and rank"),
            _integer("context", 64, 2, 65_536, "characters the model sees at once"),
            _integer("layers", 4, 1, 200, "transformer blocks"),
            _integer("heads", 4, 1, 256, "attention heads; a divisor of the width"),
            _integer("width", 128, 1, 65_536, "size of the embedding"),
            _number("dropout", 0.0, 0, 0.9, "share of activations dropped"),
            _number("lr", 1e-3, 1e-7, 1, "highest learning rate of AdamW"),
            _integer("eval_every", 250, 1, _MILLIONS, "steps between validations"),
            _integer("sample", 300, 0, 100_000, "characters to write at the end"),
            _SEED,
            _THREADS,
        ),
    ),
    Recipe(
        "tabular",
        "a scikit-learn model on a CSV, cross-validated; one process",
        _HERE / "tabular.py",
        (
            Param("csv", "path", None, "a CSV file with a header; breast cancer measurements if not given"),
            Param("target", "str", "", "the column to predict; the last one if not given"),
            _choice("model", "forest", ("linear", "forest", "boosting", "neighbours"), "the estimator"),
            _choice("task", "auto", ("auto", "classification", "regression"), "what to learn"),
            _integer("folds", 5, 2, 1000, "parts of the cross-validation"),
            _SEED,
            _THREADS,
        ),
        ("sklearn",),
    ),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def find(name: str) -> Recipe:
    """The recipe of that name. Raises RecipeError, which offers the nearest name."""
    if name in RECIPES:
        return RECIPES[name]
    raise RecipeError(f"There is no recipe {name[:60]!r}.", _offer(name, RECIPES))


def validate(name: str, params: Mapping[str, object]) -> dict[str, Value]:
    """The given parameters with their proper types; those not given stay out and take the script's default.

    `batch-size` and `batch_size` are the same name, and `"10"` is 10: they come from shells and YAML alike. Raises
    RecipeError.
    """
    recipe = find(name)
    known = {param.name: param for param in recipe.params}
    checked: dict[str, Value] = {}
    for given, value in params.items():
        param = known.get(given.replace("-", "_"))
        if param is None:
            raise RecipeError(f"The recipe {name} has no parameter {given[:60]!r}.", _offer(given, known))
        if param.name in checked:
            raise RecipeError(f"The parameter {param.name} is given twice.", "Keep one of them.")
        checked[param.name] = _check(param, value)
    return checked


def command(name: str, params: Mapping[str, object]) -> list[str]:
    """The command that runs the recipe where its script has been copied to. Raises RecipeError."""
    argv = ["python", find(name).script.name]
    for param, value in validate(name, params).items():
        flag, text = "--" + param.replace("_", "-"), str(value)
        # A value that looks like a flag has to be tied to its own.
        argv += [f"{flag}={text}"] if text.startswith("-") or not text else [flag, text]
    return argv


def params_of(name: str, run: Sequence[str]) -> dict[str, Value] | None:
    """What the recipe was told, by the command that `command` made; None where it made another or knows it no more."""
    words, params = iter(run[2:]), dict[str, object]()
    for word in words:
        flag, tied, text = word.partition("=")
        params[flag.removeprefix("--")] = text if tied else next(words, "")
    try:
        return validate(name, params) if command(name, params) == list(run) else None
    except RecipeError:
        return None


def _offer(name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name[:60].replace("-", "_"), list(known), n=1)
    return f"Did you mean {nearest[0]!r}?" if nearest else f"There are {', '.join(known)}."


def _check(param: Param, value: object) -> Value:
    refused = f"The parameter {param.name} is {str(value)[:60]!r}"
    match param.type:
        case "int" | "float":
            number = _read(param.type, value)
            if number is None:
                kind = "a whole number" if param.type == "int" else "a number"
                raise RecipeError(f"{refused}, which is not {kind}.")
            if (param.minimum is not None and number < param.minimum) or (
                param.maximum is not None and number > param.maximum
            ):
                raise RecipeError(f"{refused}, which is not between {param.minimum} and {param.maximum}.")
            return number
        case "choice":
            text = str(value)
            if isinstance(value, bool):  # what YAML makes of a bare yes or no
                text = "yes" if value else "no"
            if text not in param.choices:
                raise RecipeError(f"{refused}, which is not one of {', '.join(param.choices)}.")
            return text
        case "str" | "path":
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise RecipeError(f"{refused}, which is not text.")
            text = str(value)
            if len(text) > 4096 or "\0" in text or (param.type == "path" and not text):
                raise RecipeError(f"{refused}, which is not 1 to 4096 characters of text.")
            return text


def _read(kind: Literal["int", "float"], value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        if kind == "int":
            return int(value) if not isinstance(value, float) or value.is_integer() else None
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
