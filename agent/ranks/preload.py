# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH112, PTH115, PTH208
"""What a warm worker does before it serves: import what a training script imports, and prove that forking is safe.

Loaded by `cradle.py warm` under a job's interpreter: the standard library and, where it is installed, torch; Python
3.9; no import of the tensorfleet package. A process with a second thread or a CUDA context cannot be forked
soundly; such a one says that it is cold, and why, and ends.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import site
import sys
import sysconfig
import weakref
from typing import Any

from . import linux

MODULES = (
    "argparse",
    "json",
    "logging",
    "multiprocessing",
    "random",
    "runpy",
    "tempfile",
    "threading",
    "numpy",
    "torch",
    "torch.nn",
    "torch.optim",
    "torch.utils.data",
    "torch.distributed",
    "torch.nn.parallel",
    "torch.distributed.checkpoint",
    "torch.distributed.fsdp",
    "torch._dynamo",  # else it comes in with the first optimizer step, for a second or two
)


def preload() -> dict[str, Any]:
    """Import, check and freeze. Returns what the agent is told: {"cold": reason}, or what this worker has loaded."""
    _lower_priority()
    for name in MODULES:
        try:
            importlib.import_module(name)
        except Exception as failure:  # a broken installation is the job's to report, in its own words
            if not isinstance(failure, ModuleNotFoundError):
                return {"cold": f"importing {name} fails: {type(failure).__name__}: {failure}"}
    _restore_priority()
    _outlive_process_groups()
    _keep_finalizers()
    gc.collect()
    linux.gather_memory()
    if reason := _unsafe():
        return {"cold": reason}
    return {
        "loaded": [name for name in ("numpy", "torch") if name in sys.modules],
        "version": list(sys.version_info[:3]),
        "user_site": bool(site.ENABLE_USER_SITE),
        "folders": _folders(),
    }


def _outlive_process_groups() -> None:
    """Keep the last destroyed process group until the next one is, or the rank ends.

    In PyTorch 2.13 the last reference to a Gloo group can be dropped by whoever frees a DDP model, with the GIL held:
    its destructor joins a thread that may be waiting for the GIL to free a tensor, and the rank hangs for good. In a
    warm rank, where nothing is imported between the last collective and that moment, it happened in 4 of 6 runs.
    """
    distributed = sys.modules.get("torch.distributed.distributed_c10d")
    if distributed is None or not hasattr(distributed, "destroy_process_group"):
        return
    original = distributed.destroy_process_group
    kept: list[Any] = []

    @functools.wraps(original)
    def destroy_process_group(*args: Any, **kwargs: Any) -> Any:
        groups = list(getattr(getattr(distributed, "_world", None), "pg_map", ()))
        result = original(*args, **kwargs)
        kept[:] = groups
        return result

    distributed.destroy_process_group = destroy_process_group  # type: ignore[attr-defined]
    sys.modules["torch.distributed"].destroy_process_group = destroy_process_group  # type: ignore[attr-defined]


def _keep_finalizers() -> None:
    """What the imports want undone at the end is this process's to undo, not each fork's: torch takes 80 ms for it."""
    for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]  # there is no other list of them
        finalizer.atexit = False


def _unsafe() -> str:
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        return f"after the imports it has {threads} threads"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the imports initialised CUDA"
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("/dev/nvidia"):
            return f"the imports opened {target}"
    return ""


def _folders() -> list[str]:
    """Where packages are installed: a change of one of these means that what is loaded here is out of date."""
    found = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *sys.path}
    return sorted(entry for entry in found if entry and os.path.isdir(entry) and entry.endswith("-packages"))


def _lower_priority() -> None:
    """Import behind everyone else. Niceness cannot be taken back by an ordinary user, and forks inherit it."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, 10)


def _restore_priority() -> None:
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
