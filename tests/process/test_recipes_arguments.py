"""Scripts and catalogue know the same parameters, and bad arguments end with code 2 and a sentence."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tensorfleet.recipes.catalog import RECIPES, Param, Recipe

PARAMS = [pytest.param(r, p, id=f"{r.name}-{p.name}") for r in RECIPES.values() for p in r.params]


def parser_of(recipe: Recipe) -> argparse.ArgumentParser:
    parser: Callable[[], argparse.ArgumentParser] = importlib.import_module(f"tensorfleet.recipes.{recipe.name}").parser
    return parser()


def accepts(recipe: Recipe, flag: str, value: Any) -> bool:
    try:
        parser_of(recipe).parse_args([f"{flag}={value}"])
    except SystemExit as stop:
        return stop.code != 2
    return True


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_the_catalogue_lists_what_the_script_takes(recipe: Recipe) -> None:
    taken = {action.dest for action in parser_of(recipe)._actions} - {"help", "output"}
    assert taken == {param.name for param in recipe.params}


@pytest.mark.parametrize(("recipe", "param"), PARAMS)
def test_defaults_and_limits_are_the_same(recipe: Recipe, param: Param) -> None:
    flag = "--" + param.name.replace("_", "-")
    default = getattr(parser_of(recipe).parse_args([]), param.name)
    assert (str(default) if param.type == "choice" else default) == param.default
    if param.minimum is not None and param.maximum is not None:
        beyond = 1 if param.type == "int" else 1e-9
        assert accepts(recipe, flag, param.minimum)
        assert accepts(recipe, flag, param.maximum)
        assert not accepts(recipe, flag, param.minimum - beyond)
        assert not accepts(recipe, flag, param.maximum + 1)
        assert not accepts(recipe, flag, "nan")
    for choice in param.choices:
        assert accepts(recipe, flag, choice)
    if param.type == "choice":
        assert not accepts(recipe, flag, "no such thing")
    if param.type == "path":
        assert not accepts(recipe, flag, "no such file")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "needs a header"),
        (b"a,b\n", "needs a header"),
        (b"a,b\n1\n", "row 1 has 1 cells"),
        (b"a,b\n1,\n", "is empty"),
        (b"a,b\n\xff,1\n", "cannot be read"),
        (b"a,b\n1,x\n2,y\n", "--folds 5 is over the 1 rows"),
    ],
)
def test_what_is_no_table_is_refused(
    table: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tabular = importlib.import_module("tensorfleet.recipes.tabular")
    (tmp_path / "table.csv").write_bytes(table)
    monkeypatch.setattr("sys.argv", ["tabular.py", "--csv", str(tmp_path / "table.csv"), "--output", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        tabular.main()
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recipe", "arguments", "words"),
    [
        ("charlm", ["--width", "100", "--heads", "3"], "not a multiple of --heads"),
        ("charlm", ["--text", "{short}"], "the text has 5 characters"),
        ("charlm", ["--text", "{binary}"], "cannot be read as UTF-8"),
        ("bert", ["--text", "{short}"], "the text has 5 bytes"),
        ("bert", ["--text", "{folder}"], "cannot be read"),
        ("resnet", ["--images", "{short}"], "is not a directory"),
        ("resnet", ["--images", "{folder}"], "has 0 classes and 0 images"),
        ("tabular", ["--target", "x"], "names a column of --csv"),
    ],
)
def test_what_no_parser_sees_is_refused_before_training(
    recipe: str,
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "short").write_text("short")
    (tmp_path / "binary").write_bytes(b"\xff" * 10_000)
    (tmp_path / "folder").mkdir()
    filled = [
        text.format(short=tmp_path / "short", binary=tmp_path / "binary", folder=tmp_path / "folder")
        for text in arguments
    ]
    script = importlib.import_module(f"tensorfleet.recipes.{recipe}")
    monkeypatch.setattr("sys.argv", [f"{recipe}.py", *filled])
    with pytest.raises(SystemExit) as stop:
        script.main()
    assert stop.value.code == 2
    assert words in capsys.readouterr().err
