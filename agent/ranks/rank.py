# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH110, PTH112, PTH118
"""One rank as its shim sees it: a pipe for its output, a fork, an exec, an end.

Loaded by the shim: standard library only, Python 3.9, no import of the package.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from typing import Any

from . import linux
from .capture import Capture
from .containment import Cage

NOT_FOUND, NOT_EXECUTABLE = 127, 126  # what a shell answers


class Rank:
    """What was asked (`spec`), and what became of it. `ended` is None while it runs; times are seconds since 1970."""

    def __init__(self, spec: dict[str, Any], logs: str, limit: int) -> None:
        self.spec = spec
        self.rank = int(spec["rank"])
        self.pid = 0
        self.started = 0.0
        self.ended: float | None = None
        self.code: int | None = None
        self.signal: int | None = None
        self.error = ""
        self.oom = False
        self.note = ""  # why a warm start became a plain one
        self.trouble = -1  # read end of the pipe that tells whether the start failed; closed by a good start
        output, self._output = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        self.inode = os.fstat(output).st_ino
        self.log = Capture(output, os.path.join(logs, f"rank-{self.rank}"), limit)

    @property
    def lives(self) -> bool:
        return self.pid != 0 and self.ended is None

    def start(self, cage: Cage, warm: bool) -> int:
        """Fork. In the shim: returns 0. In the rank: runs the command and does not come back, unless `warm`, when it
        returns the descriptor on which a failed start is to be reported.
        """
        shim = os.getpid()
        trouble, report = os.pipe2(os.O_CLOEXEC)
        self.started = time.time()
        try:
            pid, inside = cage.fork(will_exec=not warm)
        except OSError as failure:
            self.fail(f"Rank {self.rank} could not be forked: {failure.strerror}.", NOT_EXECUTABLE)
            os.close(trouble)
        else:
            if pid == 0:
                self._settle(shim, cage, inside, report)
                if not warm:
                    self.execute(report)
                return report
            self.pid, self.trouble = pid, trouble
        os.close(report)
        os.close(self._output)
        return 0

    def _settle(self, shim: int, cage: Cage, inside: bool, report: int) -> None:
        """In the fresh process: what holds for every rank, whichever way it goes on."""
        cwd = self.spec["cwd"]
        try:
            os.setsid()
            linux.die_with(shim)
            linux.reset_signals()
            cage.join(inside)
            linux.take_streams(os.open(os.devnull, os.O_RDONLY), self._output, self._output)
            os.chdir(cwd)
        except BaseException as failure:  # nothing may escape into the shim's own code
            place = f"in the working directory {cwd}" if getattr(failure, "filename", None) == cwd else "here"
            leave(report, f"Rank {self.rank} cannot start {place}: {failure}.", NOT_EXECUTABLE)

    def execute(self, report: int) -> None:
        """Become the command, or report why not and end."""
        argv, env = self.spec["argv"], self.spec["env"]
        try:
            os.execvpe(argv[0], argv, env)
        except (FileNotFoundError, NotADirectoryError):
            leave(report, f"Rank {self.rank} cannot run {argv[0]!r}: {absence(argv[0])}.", NOT_FOUND)
        except BaseException as failure:  # as above
            why = reason(failure, argv[0])
            leave(report, f"Rank {self.rank} cannot run {argv[0]!r}: {why}.", NOT_EXECUTABLE)

    def hear(self) -> None:
        """The start is over, for good or ill: take what the rank reported on it, if anything."""
        data = b""
        while part := os.read(self.trouble, 1 << 16):
            data += part
        os.close(self.trouble)
        self.trouble = -1
        for line in data.splitlines():
            report = json.loads(line)
            self.error = report.get("error", self.error)
            self.note = report.get("note", self.note)
        if self.error:
            self.log.say(self.error)

    def fail(self, error: str, code: int) -> None:
        """It never ran."""
        self.error, self.code, self.ended = error, code, time.time()
        self.log.say(error)

    def end(self, status: int) -> None:
        """It was reaped with the wait status `status`."""
        self.ended = time.time()
        code = os.waitstatus_to_exitcode(status)
        self.code, self.signal = (code, None) if code >= 0 else (None, -code)
        if self.trouble != -1:
            self.hear()
        self.log.drain()

    @property
    def failed(self) -> bool:
        return self.ended is not None and self.code != 0

    def was_killed(self) -> bool:
        return self.signal == signal.SIGKILL

    def document(self) -> dict[str, Any]:
        return {
            "rank": self.rank,
            "pid": self.pid,
            "code": self.code,
            "signal": self.signal,
            "started": self.started,
            "ended": self.ended,
            "error": self.error,
            "oom": self.oom,
        }


def leave(report: int, error: str, code: int) -> None:
    """End this process, saying why it could not become a rank."""
    tell(report, error=error)
    os._exit(code)


def tell(report: int, **what: str) -> None:
    os.write(report, json.dumps(what).encode() + b"\n")


def absence(command: str) -> str:
    """Why `command` was not found, for a person."""
    if "/" not in command:
        return "it is not found on the PATH of the job"
    if os.path.exists(command):
        return "the interpreter that its first line names does not exist"
    return "there is no such file"


def reason(failure: BaseException, command: str) -> str:
    """Why `command` was found, but could not be executed, for a person."""
    if isinstance(failure, PermissionError):
        return "it is a directory" if os.path.isdir(command) else "it is not executable for this user"
    number = failure.errno if isinstance(failure, OSError) else None
    if number == errno.ENOEXEC:
        return "it is no program (a script needs a first line such as #!/bin/sh)"
    if number == errno.E2BIG:
        return "its arguments and environment are too large for the kernel"
    return str(failure)
