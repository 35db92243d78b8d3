# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH100, PTH118, PTH120
"""The program that shims are forked from. It imports first and forks later, so that a start costs 2 ms, not 25.

    cradle.py nursery FD    under the agent's interpreter, with -I -S: the standard library and the shim
    cradle.py warm FD       under a job's interpreter: torch and its kin as well, for shims whose ranks are Python
    cradle.py shim DIR      no cradle at all: be the shim of the attempt in DIR

A request on the SEQPACKET socket FD is {"id", "task_dir", "note"} with the agent's line to the shim attached; the
answer is {"id", "pid"} or {"id", "error"}; {"retire"} asks it to end after its last shim. The shim is a child of
this process, which reaps it. The cradle ends when its agent does; its shims do not. Nothing of the tensorfleet
package is imported here, only the files beside this one.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import types
from typing import Any

PACKAGE = "tensorfleet_cradle"


def load(name: str) -> Any:
    """A module of this folder, outside the package: the folder itself never gets onto `sys.path`."""
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{name}")


def serve(control: socket.socket) -> tuple[socket.socket, dict[str, Any]] | None:
    """Fork on request. Returns None when the agent is gone; in a fork, the line to the agent and the request."""
    wake, alarm = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(wake, select.POLLIN)
    poll.register(control, select.POLLIN)
    retired = False
    while not (reap() and retired):
        ready = {descriptor for descriptor, _ in poll.poll()}
        if wake in ready:
            os.read(wake, 4096)
        if control.fileno() in ready:
            data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
            if not data:
                return None
            request = json.loads(data)
            if "retire" in request:
                retired = True
                continue
            line = socket.socket(fileno=descriptors[0])
            line.set_inheritable(False)  # else a process that a rank leaves behind would hold the line open
            try:
                pid = os.fork()
            except OSError as failure:
                answer = {"id": request["id"], "error": f"fork: {failure.strerror}"}
            else:
                if pid == 0:
                    for descriptor in (wake, alarm, control.detach()):
                        os.close(descriptor)
                    return line, request
                answer = {"id": request["id"], "pid": pid}
            line.close()
            try:
                control.send(json.dumps(answer).encode())
            except OSError:
                return None
    return None


def reap() -> bool:
    """Take the shims that ended off the process table; True when none is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def detach(task_dir: str, linux: Any) -> None:
    """In a shim to be: leave the cradle's session, and write what goes wrong into the task's directory."""
    linux.reset_signals()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.setsid()
    log = os.open(os.path.join(task_dir, "shim.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    linux.take_streams(os.open(os.devnull, os.O_RDONLY), log, log)
    os.closerange(log, log + 1)
    linux.name_process("tf-shim")


def main() -> None:
    """See the top of this file."""
    mode, argument = sys.argv[1:]
    here = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != here]
    shim, linux = load("shim"), load("linux")
    if mode == "shim":
        shim.main(os.path.abspath(argument), None)
        return
    control = socket.socket(fileno=int(argument))
    control.set_inheritable(False)
    inherit = None
    if mode == "warm":
        preload = load("preload")
        report = preload.preload()
        control.send(json.dumps(report).encode())
        if "cold" in report:
            return
        inherit = load("program").inherit
    linux.name_process(f"tf-{mode}")
    gc.freeze()  # so that no collection in a fork touches, and thereby copies, what they share
    if work := serve(control):
        line, request = work
        detach(request["task_dir"], linux)
        shim.main(request["task_dir"], line, inherit, request["note"])
        os._exit(0)  # all is written, and tearing down an interpreter that holds torch takes long


if __name__ == "__main__":
    main()
