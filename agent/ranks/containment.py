# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH103, PTH106, PTH110
"""Where an attempt's processes are kept together, so that all of them can be ended at once and none overlooked.

Loaded by the shim too: standard library only, Python 3.9, no import of the package. Three kinds, best first:
cgroup v2 (one write to `cgroup.kill`), the v1 freezer (freeze, kill each, thaw), or neither, when the shim's sweep
over its own descendants does the work alone; that one needs no privilege at all. `Containment` is what a node
offers; `Cage` is one attempt's place in it, a value that travels in the task file.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any, NamedTuple

from . import linux, processes

FAMILY = "tensorfleet"
FORGOTTEN = 3600.0  # seconds after which an empty group is nobody's
SWEEP = "an attempt is ended by sweeping all its descendants."


class Cage(NamedTuple):
    """One attempt's control groups. `tree` ends processes, `memory` bounds and counts them; either may be empty."""

    tree: str = ""
    memory: str = ""
    memory_limit: int = 0

    def document(self) -> dict[str, Any]:
        return self._asdict()

    def make(self) -> None:
        """Make the groups and set the limit; a group that cannot be made is done without."""
        for folder in {self.tree, self.memory} - {""}:
            try:
                os.makedirs(folder, exist_ok=True)
            except OSError:
                pass
        if self.memory and self.memory_limit:
            for name in ("memory.max", "memory.limit_in_bytes"):
                if os.path.exists(f"{self.memory}/{name}"):
                    _put(f"{self.memory}/{name}", str(self.memory_limit))

    def fork(self, will_exec: bool) -> tuple[int, bool]:
        """Fork; returns the pid as os.fork does, and whether the child is in `tree` already.

        Only a child that `will_exec` can be born inside (see `linux.fork_into`). Raises OSError if it cannot fork.
        """
        if will_exec and os.path.exists(f"{self.tree}/cgroup.kill"):
            folder = os.open(self.tree, os.O_RDONLY | os.O_DIRECTORY)
            try:
                return linux.fork_into(folder), True
            except OSError:
                pass
            finally:
                os.close(folder)
        return os.fork(), False

    def join(self, inside: bool) -> None:
        """Move the calling process in, between fork and exec. `inside`: as `fork` said."""
        for folder in {self.tree, self.memory} - {"", self.tree if inside else ""}:
            _put(f"{folder}/cgroup.procs", "0")

    def pids(self) -> list[int]:
        """Who is inside now, nested groups included."""
        found = []
        for folder in _nested(self.tree):
            found += [int(line) for line in _get(f"{folder}/cgroup.procs").split()]
        return found

    def kill(self) -> None:
        """Send SIGKILL to everything inside, so that nothing inside can outrun it by forking."""
        if not self.tree or _put(f"{self.tree}/cgroup.kill", "1"):
            return
        freezer = f"{self.tree}/freezer.state"
        _put(freezer, "FROZEN")
        processes.kill(self.pids())
        _put(freezer, "THAWED")

    def oom_kills(self) -> int | None:
        """How many processes inside the kernel ended for want of memory; None where it does not count them here."""
        for name in ("memory.events", "memory.oom_control"):
            for line in _get(f"{self.memory}/{name}").splitlines() if self.memory else ():
                key, _, value = line.partition(" ")
                if key == "oom_kill":
                    return int(value)
        return None

    def remove(self) -> None:
        """Remove the groups; one that still holds a process stays.

        A process is out of the list of its group a moment before the kernel lets the group go, hence the patience.
        """
        for root in {self.tree, self.memory} - {""}:
            for folder in reversed(_nested(root)):
                for _ in range(20):
                    if _remove(folder) or _get(f"{folder}/cgroup.procs"):
                        break
                    time.sleep(0.005)


class Containment(NamedTuple):
    """What this node offers, and one sentence about it for a person."""

    tree: str
    memory: str
    sentence: str

    def cage(self, alloc: str, task_dir: str, memory_limit: int | None = None) -> Cage:
        """The cage of one attempt. Its name holds a mark of the directory: two fleets may share a machine."""
        name = f"{alloc}-{hashlib.blake2b(task_dir.encode(), digest_size=4).hexdigest()}"
        return Cage(
            tree=self.tree and f"{self.tree}/{name}",
            memory=f"{self.memory}/{name}" if self.memory and memory_limit else "",
            memory_limit=memory_limit or 0,
        )


def probe() -> Containment:
    """Find the best containment this process may use, by making a group and removing it again.

    Empty groups that attempts left behind long ago, when shim and agent were killed together, are removed.
    """
    v2_root, v1_root, v1_memory = _own("cgroup2", ""), _own("cgroup", "freezer"), _own("cgroup", "memory")
    memory = _usable(v1_memory, "memory.limit_in_bytes")
    if tree := _usable(v2_root, "cgroup.kill"):
        for folder in (v2_root, tree):
            _put(f"{folder}/cgroup.subtree_control", "+memory")
        memory = memory or _usable(v2_root, "memory.max")
        where, how = v2_root, "cgroup v2: an attempt is ended as a whole by cgroup.kill"
    elif tree := _usable(v1_root, "freezer.state"):
        where, how = v1_root, "cgroup v1: an attempt is frozen, killed and thawed as a whole"
    else:
        return Containment("", memory, f"No control group may be written here: {SWEEP}")
    for family in {tree, memory} - {""}:
        _clear(family)
    limits = "memory limits are enforced" if memory else "memory limits are not enforced"
    return Containment(tree, memory, f"{how} (under {where}); {limits}.")


def none() -> Containment:
    """No control groups, by choice."""
    return Containment("", "", f"Control groups are not used: {SWEEP}")


def _own(kind: str, controller: str) -> str:
    """The control group this process is in, as a folder; empty where that hierarchy is not mounted."""
    mount = ""
    for line in _get("/proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields = after.split()
        if fields and fields[0] == kind and (not controller or controller in fields[-1].split(",")):
            mount = before.split()[4]
    for line in _get("/proc/self/cgroup").splitlines() if mount else ():
        number, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") if controller else number == "0":
            return mount + path.rstrip("/")
    return ""


def _usable(root: str, needed: str) -> str:
    """`root/tensorfleet`, if groups can be made there that have the file `needed` and processes can be moved in."""
    if not root or not os.access(f"{root}/cgroup.procs", os.W_OK):
        return ""
    family = f"{root}/{FAMILY}"
    trial = f"{family}/probe-{os.getpid()}"
    try:
        os.makedirs(trial)
    except OSError:
        return ""
    try:
        return family if os.access(f"{trial}/{needed}", os.W_OK) else ""
    finally:
        _remove(trial)


def _clear(family: str) -> None:
    for entry in os.scandir(family):
        if entry.is_dir() and time.time() - entry.stat().st_mtime > FORGOTTEN:
            for folder in reversed(_nested(entry.path)):
                _remove(folder)


def _remove(folder: str) -> bool:
    """False if the kernel holds on to it, as it does while a process is inside."""
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _nested(root: str) -> list[str]:
    return [folder for folder, _, _ in os.walk(root)] if root else []


def _get(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _put(path: str, text: str) -> bool:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        return False
    return True
