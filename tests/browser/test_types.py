"""The console's types are what the head says of its own interface."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPES = ROOT / "web" / "src" / "api" / "schema.ts"


def test_the_consoles_types_are_those_of_this_head(tmp_path: Path) -> None:
    made = subprocess.run([ROOT / "packaging" / "web-types.sh", tmp_path / "schema.ts"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "schema.ts").read_text() == TYPES.read_text(), "run packaging/web-types.sh"
