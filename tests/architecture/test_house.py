"""Sizes, packages, doors and links: what keeps the house a house."""

from __future__ import annotations

import ast
import re
import tomllib

from architecture.tree import ROOT, files, product, room

LONGEST = 400
JUNK_DRAWERS = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}


def test_no_file_is_longer_than_it_can_be_read() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (*product(), *files("tests/**.py"))
        if (lines := len(path.read_bytes().splitlines())) > LONGEST
    }
    assert not long


def test_no_junk_drawers() -> None:
    assert not [room(path) for path in product() if path.name in JUNK_DRAWERS]


def test_every_package_is_packed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {
        room(path).removesuffix("/__init__.py").replace("/", ".") for path in product() if path.name == "__init__.py"
    }
    assert listed == there


def test_every_room_has_a_door_that_explains_it() -> None:
    for path in product():
        tree = ast.parse(path.read_bytes())
        text = ast.get_docstring(tree)
        assert text, f"{room(path)} does not say what it is"
        if path.name == "__init__.py" and room(path) not in (
            "tensorfleet/__init__.py",
            "tensorfleet/agent/__init__.py",
            "tensorfleet/client/__init__.py",
        ):
            assert len(text.splitlines()) <= 30, room(path)
            assert len(tree.body) == 1, f"{room(path)} has logic in its door"


def test_links_in_documents_lead_somewhere() -> None:
    broken = []
    for path in files("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} -> {target}")
    assert not broken


def test_the_top_level_is_what_was_agreed() -> None:
    assert (ROOT / "tensorfleet" / "agent").is_symlink()
    for name in (
        "tensorfleet",
        "agent",
        "packaging",
        "tests",
        "docs",
        "pyproject.toml",
        "Makefile",
        "README.md",
        ".ci",
    ):
        assert (ROOT / name).exists(), name


def test_dependencies_are_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.split(r"[<>=\[ ]", dependency)[0].lower() for dependency in every}
    text = (ROOT / "docs" / "dependencies.md").read_text().lower()
    assert not [name for name in sorted(names) if name not in text]
