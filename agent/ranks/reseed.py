# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH109
"""State that modules took from their surroundings when the warm worker imported them, taken anew in the fork.

Loaded by `cradle.py warm`; touches a module only if it is loaded. Standard library, Python 3.9.
"""

from __future__ import annotations

import ctypes
import locale
import os
import sys
import time
from typing import Any


def reseed(env: dict[str, str]) -> None:
    """Random numbers, thread counts, and what was read from the working directory or the environment."""
    time.tzset()
    _locale()
    tempfile, process = _loaded("tempfile"), _loaded("multiprocessing.process")
    tempfile.tempdir = None
    process.ORIGINAL_DIR = os.getcwd()  # where `spawn` looks for the script
    process.current_process().authkey = os.urandom(32)  # else all ranks share one
    threads = env.get("OMP_NUM_THREADS", "")
    _numpy(int(env.get("OPENBLAS_NUM_THREADS") or threads or len(os.sched_getaffinity(0))))
    _torch(int(threads or 0))


def _locale() -> None:
    """As CPython starts: without a locale, or with one that is not there, it takes C.UTF-8 (PEP 538)."""
    try:
        current = locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        current = "C"
    if current in ("C", "POSIX"):
        os.environ["LC_CTYPE"] = "C.UTF-8"
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")


def _loaded(name: str) -> Any:
    return sys.modules.get(name)


def _numpy(threads: int) -> None:
    numpy = _loaded("numpy")
    if numpy is None:
        return
    numpy.random.seed()
    if threads > 1:
        _openblas(threads)


def _openblas(threads: int) -> None:
    """The warm worker loaded OpenBLAS with one thread, since a pool does not survive a fork: give it its pool now."""
    with open("/proc/self/maps") as maps:
        paths = {line.split(None, 5)[5].strip() for line in maps if "openblas" in line}
    for path in paths:
        library = ctypes.CDLL(path)
        for prefix in ("scipy_openblas", "openblas"):
            for suffix in ("64_", ""):
                resize = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
                if resize is not None:
                    resize(ctypes.c_int(threads))


def _torch(threads: int) -> None:
    torch = _loaded("torch")
    if torch is None:
        return
    torch.default_generator.seed()
    if threads:
        torch.set_num_threads(threads)
    torch.distributed.set_debug_level_from_env()
