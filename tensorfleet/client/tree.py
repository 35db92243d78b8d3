"""What of a work directory travels: regular files and links that stay inside, without what Git ignores."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from tensorfleet.client.ignore import Rules, is_ignored, outer_rules, read_rules
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.manifest import check_path

LEFT_OUT = frozenset({".git", "__pycache__"})
MOST_FILES = 200_000
"""Above this a directory that nobody named is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class Entry:
    """path: from the root, with slashes. target: of a symbolic link, relative; else size, mtime_ns and inode hold."""

    path: str
    mode: int
    size: int = 0
    mtime_ns: int = 0
    inode: int = 0
    target: str = ""


def check_workdir(root: Path, named: bool) -> Path:
    """`root` as an absolute path, if it is a directory somebody could mean.

    named: whether the user wrote it down, so that the home directory is no accident. Raises InvalidRequest.
    """
    resolved = Path(os.path.realpath(root.expanduser()))
    if not resolved.exists():
        raise InvalidRequest(
            f"The work directory {root} does not exist.", "Check --workdir, or `workdir` in the job file."
        )
    if not resolved.is_dir():
        raise InvalidRequest(f"The work directory {root} is not a directory.")
    if not named and resolved in (Path("/"), Path(os.path.realpath(Path.home()))):
        raise InvalidRequest(
            f"This would upload all of {resolved}.",
            "Change into the project's directory, or name it with --workdir; --no-upload sends nothing.",
        )
    return resolved


def walk(root: Path, *, named: bool = True, warn: Callable[[str], None] = lambda text: None) -> Iterator[Entry]:
    """Every entry of `root` that travels, in the order of their paths within each directory.

    warn: told in a sentence of each thing that is left out although nobody asked for that. Raises InvalidRequest for
    a tree of more than MOST_FILES files that was not named, or one that cannot be read.
    """
    count = 0
    pending: list[tuple[str, tuple[Rules, ...]]] = [("", outer_rules(root))]
    while pending:
        folder, rules = pending.pop()
        here = root / folder
        own = read_rules(here / ".gitignore", len(folder), "")
        if own:
            rules = (*rules, own)
        try:
            with os.scandir(here) as listing:
                children = sorted(listing, key=lambda child: child.name)
        except OSError as error:
            raise InvalidRequest(
                f"{here} cannot be read: {error.strerror}.", "Leave it out with a line in .gitignore."
            ) from error
        for child in children:
            path = folder + child.name
            if child.is_dir(follow_symlinks=False):
                if child.name not in LEFT_OUT and not is_ignored(path + "/", rules) and not _is_venv(child):
                    pending.append((path + "/", rules))
            elif child.name not in LEFT_OUT and not is_ignored(path, rules):
                entry = _entry(root, path, child, warn)
                if entry:
                    yield entry
                    count += 1
        if count > MOST_FILES and not named:
            raise InvalidRequest(
                f"{root} holds more than {MOST_FILES:,} files.",
                "Leave data out with .gitignore, or say that you mean it with --workdir.",
            )


def _is_venv(folder: os.DirEntry[str]) -> bool:
    return os.path.exists(os.path.join(folder.path, "pyvenv.cfg"))  # noqa: PTH110, PTH118  # once per directory


def _entry(root: Path, path: str, child: os.DirEntry[str], warn: Callable[[str], None]) -> Entry | None:
    try:
        path.encode()
        check_path(path)
    except (UnicodeEncodeError, InvalidRequest):
        warn(f"{path[:80]!r} is left out: its name is not UTF-8 or too long.")
        return None
    if child.is_symlink():
        target = _inner_target(root, path)
        if target is None:
            warn(f"{path} is left out: it is a link to {Path(child.path).readlink()}, outside the work directory.")
            return None
        return Entry(path, 0o777, target=target)
    try:
        status = child.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # gone since the directory was listed
    if not S_ISREG(status.st_mode):
        warn(f"{path} is left out: it is neither a file, a directory nor a link.")
        return None
    return Entry(path, status.st_mode & 0o777, status.st_size, status.st_mtime_ns, status.st_ino)


def _inner_target(root: Path, path: str) -> str | None:
    """Where the link points, relative to it, or None if that is outside `root`."""
    target = str((root / path).readlink())
    folder = posixpath.dirname(path)
    if target.startswith("/"):
        if not target.startswith(f"{root}/"):
            return None
        target = posixpath.relpath(target, root / folder)
    inside = posixpath.normpath(posixpath.join(folder, target))
    return None if inside == ".." or inside.startswith("../") else target
