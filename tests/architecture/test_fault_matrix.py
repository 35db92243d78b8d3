"""docs/fault-matrix.md names, for every row, tests that exist; rows without any are known by number."""

from __future__ import annotations

import ast
import re

from architecture.tree import ROOT

UNTESTED = {24, 25}
"""Rows that have no test yet. Whoever writes one takes the row's number away here, and its excuse in the page."""


def rows() -> dict[int, str]:
    text = (ROOT / "docs" / "fault-matrix.md").read_text()
    parts = re.split(r"^## (\d+)\. ", text, flags=re.MULTILINE)[1:]
    return {int(number): part for number, part in zip(parts[::2], parts[1::2], strict=True)}


def proofs(row: str) -> list[tuple[str, str]]:
    return re.findall(r"^- `(tests/[\w/]+\.py)::(\w+)`", row, flags=re.MULTILINE)


def test_all_28_rows_are_there_in_order() -> None:
    assert list(rows()) == list(range(1, 29))


def test_every_row_names_a_test_or_is_known_to_have_none() -> None:
    without = {number for number, row in rows().items() if not proofs(row)}
    assert without == UNTESTED
    assert {number for number, row in rows().items() if "No test yet: " in row} == UNTESTED, "with a reason"


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for number, row in rows().items():
        for path, name in proofs(row):
            file = ROOT / path
            tree = ast.parse(file.read_bytes()) if file.exists() else ast.Module([], [])
            if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree)):
                missing.append(f"row {number}: {path}::{name}")
    assert not missing
