# Paths are taken as the words they are, links and dots included.
# ruff: noqa: PTH100, PTH113, PTH118, PTH119, PTH120
"""May this command be run by a fork of a warm worker? Decided from its words and its environment alone.

Only what is certain to behave as a plain start says yes; everything else starts plainly, which is always right and
only slower. The fork itself looks once more (program.py), at what can be seen only there.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

_PYTHON = re.compile(r"python(3(\.\d+)?)?")

# Read by our own code after the fork, or by Python only when it is asked for something.
_HANDLED = frozenset(
    [
        "PYTHONUNBUFFERED",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONFAULTHANDLER",
        "PYTHONBREAKPOINT",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TORCH_HOME",
        "TORCH_DISTRIBUTED_DEBUG",
        "TORCH_EXTENSIONS_DIR",
        "TORCH_CUDA_ARCH_LIST",
    ]
)
_HANDLED_FAMILIES = ("TORCHELASTIC_", "TORCH_NCCL_")
# Read when the interpreter starts, when a library is loaded or when torch is imported: all of it is past.
_EARLY = re.compile("PYTHON|LD_|GLIBC_|MALLOC_|OMP_|GOMP_|KMP_|MKL_|OPENBLAS_|BLIS_|NPY_|NUMPY_|PYTORCH_|TORCH|ATEN_")


@dataclass(frozen=True, slots=True)
class Program:
    """A python command taken apart. `executable` is absolute, links left as they are: a venv is known by its path."""

    executable: str
    kind: Literal["script", "module", "code"]
    target: str
    args: tuple[str, ...]
    argv: tuple[str, ...]
    unbuffered: bool


@dataclass(frozen=True, slots=True)
class Cold:
    """It starts plainly, because `reason` (a clause, without a full stop)."""

    reason: str


def program_of(argv: Sequence[str], env: Mapping[str, str], cwd: str) -> Program | Cold:
    """Take `python [-u] script.py …`, `python [-u] -m module …` or `python [-u] -c code …` apart."""
    if not argv or not _PYTHON.fullmatch(os.path.basename(argv[0])):
        return Cold("the command is not python")
    here, path = os.path.join(cwd, argv[0]), env.get("PATH", os.defpath)
    found = here if "/" in argv[0] else shutil.which(argv[0], path=path)
    if found is None or not _is_binary(found):
        return Cold(f"{argv[0]} is no interpreter but a script, or is not there")
    rest = list(argv[1:])
    unbuffered = bool(rest) and rest[0] == "-u"
    rest = rest[unbuffered:]
    kind: Literal["script", "module", "code"]
    if len(rest) > 1 and rest[0] in ("-m", "-c"):
        kind = "module" if rest[0] == "-m" else "code"
        target, args = rest[1], rest[2:]
    elif rest and rest[0].endswith(".py") and not rest[0].startswith("-"):
        kind, target, args = "script", rest[0], rest[1:]
        if not os.path.isfile(os.path.join(cwd, target)):
            return Cold(f"{target} is not there")
    else:
        return Cold("the command is not python with a .py file, -m or -c")
    return Program(os.path.abspath(found), kind, target, tuple(args), tuple(argv), unbuffered)


def obstacle(env: Mapping[str, str], base: Mapping[str, str], user_site: bool) -> str:
    """What in `env` would have had to be there when the worker started with `base`; empty if nothing."""
    for name in sorted(env.keys() | base.keys()):
        early = _EARLY.match(name) and name not in _HANDLED and not name.startswith(_HANDLED_FAMILIES)
        if early and env.get(name) != base.get(name):
            return f"{name} is read when the interpreter or a library starts"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        if env.get(name) and not env[name].isdecimal():
            return f"{name} is not a plain number"
    if not _is_utf8(env):
        return "its locale is not UTF-8"
    if user_site and env.get("HOME") != base.get("HOME"):
        return "HOME decides which packages python finds"
    return ""


def worker_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a warm worker starts with: the agent's own environment, less what steers the libraries it will load."""
    kept = ("LD_", "GLIBC_", "MALLOC_")
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(("CUDA_", "NCCL_", "GLOO_", "TENSORFLEET_"))
        and (name.startswith(kept) or not _EARLY.match(name))
    }


def same_environment(executable: str) -> tuple[str, str]:
    """Equal for python, python3 and python3.11 of one installation or venv."""
    return os.path.dirname(executable), os.path.realpath(executable)


def _is_binary(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def _is_utf8(env: Mapping[str, str]) -> bool:
    name = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "")
    value = env.get(name, "C")
    if value in ("C", "POSIX"):
        return name != "LC_ALL"  # which alone keeps python from taking C.UTF-8 in its place
    return value.lower().partition("@")[0].endswith((".utf-8", ".utf8"))
