"""Which entries of a directory Git would ignore: nested .gitignore files, negation, rules of parent directories.

The patterns are pathspec's; the walk asks about one entry at a time, as Git does, so that an ignored directory is
never looked into. Source: gitignore(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_MARK = "(?P<ps_d>/)"
"""How pathspec marks the slash behind a directory in the expression of a pattern."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of one file, last first, each with whether it ignores.

    skip: characters of a walked path in front of the directory the file speaks about. up: what to put in front
    instead where the file lies above the root of the walk.
    """

    skip: int
    up: str
    patterns: tuple[tuple[re.Pattern[str], bool], ...]
    any: re.Pattern[str]

    def verdict(self, path: str) -> bool | None:
        """Whether `path` (a directory ends in "/") is ignored; None where nothing in here is about it."""
        inner = self.up + path[self.skip :]
        if self.any.search(inner) is None:
            return None
        for pattern, ignores in self.patterns:
            if _is_about(pattern, inner):
                return ignores
        return None


def _is_about(pattern: re.Pattern[str], path: str) -> bool:
    """Whether `pattern` matches this very entry, and not only a directory above it.

    pathspec's expressions match whole subtrees: with its mark where the entry itself is meant, without where only
    what lies under it is.
    """
    found = pattern.search(path)
    if found is None:
        return False
    if pattern.pattern == ".":
        return True
    if _MARK not in pattern.pattern:
        return found.end() < len(path)
    return found.end() == len(path) if pattern.pattern.startswith("^") else path.endswith("/")


def read_rules(file: Path, skip: int, up: str) -> Rules | None:
    """The rules in `file`; None where there is none, or nothing in it."""
    try:
        text = file.read_text(errors="surrogateescape")
    except OSError:
        return None
    from pathspec.patterns.gitignore.base import GitIgnorePatternError  # 35 ms, spared where there is no .gitignore
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    found: list[tuple[re.Pattern[str], bool]] = []
    for line in text.split("\n"):
        try:
            pattern = GitIgnoreSpecPattern(line.removesuffix("\r"))
        except GitIgnorePatternError:
            continue  # Git passes over what it does not understand
        if pattern.regex is not None and pattern.include is not None:
            found.append((pattern.regex, pattern.include))
    if not found:
        return None
    together = "|".join(pattern.pattern.replace(_MARK, "/") for pattern, _ in found)
    return Rules(skip, up, tuple(reversed(found)), re.compile(together))


def outer_rules(root: Path) -> tuple[Rules, ...]:
    """The rules that hold in `root` before its own: .git/info/exclude, and each .gitignore from the top of the Git
    repository that `root` lies in down to its parent."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None:
        return ()
    inner = root.relative_to(top).parts
    files = [(top / ".git" / "info" / "exclude", "".join(f"{part}/" for part in inner))]
    for depth in range(len(inner)):
        folder = top.joinpath(*inner[:depth])
        files.append((folder / ".gitignore", "".join(f"{part}/" for part in inner[depth:])))
    return tuple(rules for file, up in files if (rules := read_rules(file, 0, up)))


def is_ignored(path: str, rules: tuple[Rules, ...]) -> bool:
    """rules: outermost first; the innermost file that speaks of `path` decides."""
    for each in reversed(rules):
        verdict = each.verdict(path)
        if verdict is not None:
            return verdict
    return False
