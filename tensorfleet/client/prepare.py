"""A job file and a work directory made into a request that stands by itself: checked, uploaded, named by digest."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tensorfleet.client.tree import check_workdir
from tensorfleet.client.upload import Told, pack, send
from tensorfleet.config.paths import cache_dir
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.jobfile import JobFile

if TYPE_CHECKING:
    from tensorfleet.client.api import Client

_PYTHON = re.compile(r"python(\d(\.\d+)?)?")
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_LAUNCHERS = ("torchrun", "accelerate", "deepspeed")


def prepare(
    client: Client,
    job: JobFile,
    workdir: Path | None,
    *,
    named: bool = False,
    warn: Callable[[str], None] = lambda text: None,
    progress: Told = lambda progress: None,
) -> JobFile:
    """`job` with the digest of its uploaded code. workdir: None uploads nothing. named: the user wrote it down.

    Raises InvalidRequest, before anything travels, for a script that is not there.
    """
    plain = msgspec.structs.replace(job, workdir="")
    if workdir is None:
        return plain
    root = check_workdir(workdir, named)
    script = script_of(job.run)
    if script:
        check_script(root, script)
    packed = pack(root, cache_dir(), named=named, warn=warn, progress=progress)
    if script and not script.startswith("/") and os.path.normpath(script) not in packed.paths:
        raise InvalidRequest(
            f"{script} would not travel: .gitignore leaves it out.", "Take it out of .gitignore, or use --no-upload."
        )
    return msgspec.structs.replace(plain, code=send(client, packed, progress))


def script_of(run: str | list[str] | None) -> str:
    """The file of the work directory that a command starts with, as it is written; "" where none can be told."""
    try:
        words = shlex.split(run) if isinstance(run, str) else list(run or ())
    except ValueError:
        return ""
    if not words:
        return ""
    program = words[0].rpartition("/")[2]
    if _PYTHON.fullmatch(program):
        return _python_script(words[1:])
    if program in _LAUNCHERS:
        return next((word for word in words[1:] if word.endswith(".py") and not word.startswith("-")), "")
    return words[0] if "/" in words[0] and not words[0].startswith("/") else ""


def _python_script(words: list[str]) -> str:
    """The script among the arguments of a Python interpreter."""
    rest = iter(words)
    for word in rest:
        if word in _WITH_VALUE:
            next(rest, "")
        elif word == "-" or re.match(r"-[a-zA-Z]*[cm]", word):
            return ""
        elif not word.startswith("-"):
            return word
    return ""


def check_script(root: Path, script: str) -> None:
    """Raises InvalidRequest unless `script`, where it is relative, is a file under `root`."""
    if script.startswith("/") or any(sign in script for sign in "$`*?~"):
        return
    inside = os.path.normpath(script)
    if inside.startswith(".."):
        raise InvalidRequest(
            f"{script} lies outside the work directory {root}, so it would not travel.",
            "Start in a directory above it, or name one with --workdir.",
        )
    if not (root / inside).is_file():
        kind = "is a directory" if (root / inside).is_dir() else "does not exist"
        raise InvalidRequest(f"{script} {kind} in the work directory {root}.", _nearest(root, inside))


def _nearest(root: Path, script: str) -> str:
    folder = (root / script).parent
    names = [file.name for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
    near = difflib.get_close_matches(Path(script).name, names, 1, 0.6)
    if not near:
        return "Check the name, or --workdir; --no-upload skips this."
    return f"Did you mean {Path(script).parent / near[0]}?"
