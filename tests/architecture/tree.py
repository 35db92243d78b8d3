"""The tree as these tests see it: what git tracks or would track."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files(pattern: str) -> tuple[Path, ...]:
    """Files matching `pattern`, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return tuple(path for path in (ROOT / name for name in listed) if path.is_file() and not path.is_symlink())


def product() -> tuple[Path, ...]:
    """Python files of the product."""
    return (*files("tensorfleet/**.py"), *files("agent/**.py"))


def room(path: Path) -> str:
    """The module's place, as in `tensorfleet/agent/link.py`."""
    relative = path.relative_to(ROOT).as_posix()
    return f"tensorfleet/{relative}" if relative.startswith("agent/") else relative


def imports(path: Path) -> set[str]:
    """Top-level names of the modules that `path` imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
