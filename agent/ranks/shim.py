# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH103, PTH118
"""The shim: owns the ranks of one attempt on one node, their cage, their logs and their end. It outlives its agent.

Forked by `cradle.py` or run as `cradle.py shim DIR`. Standard library only, Python 3.9, no import of the package,
one thread (a rank dies with the thread that forked it). In the task's directory it reads `task.json`, claims the
attempt by creating `shim.json` before any fork (so a second shim on the same directory starts nothing), writes
`logs/`, answers on `shim.sock`, and leaves `exit.json` when no process of the attempt is left.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
import warnings  # noqa: F401 - os.get_exec_path imports it in a rank about to exec, when our files may be replaced
from collections.abc import Callable
from typing import Any

from . import durable, linux, processes
from .containment import Cage
from .rank import Rank
from .uplink import Uplink

AFTER_SIGKILL = 10.0  # seconds; a process that is still there, asleep in the kernel, is recorded and given up
SWEEP_PACE = 0.02
SIGTERM_GRACE = 5.0  # what ranks get when the shim itself is asked to end, as at a machine's shutdown

Inherit = Callable[[Rank, int], None]


class Attempt:
    """One attempt's share of a node.

    `inherit`, where given, turns a fresh fork into a Python rank: a warm start. `note` says why it is a plain one.
    """

    def __init__(self, task_dir: str, line: socket.socket | None, inherit: Inherit | None, note: str) -> None:
        self.task_dir = task_dir
        self.note = note
        document = durable.read_json(os.path.join(task_dir, "task.json"))
        self.task = document["task"]
        self.cage = Cage(**document["cage"])
        logs = os.path.join(task_dir, "logs")
        os.makedirs(logs, exist_ok=True)
        programs = document["programs"] if inherit else {}
        self.ranks = [
            Rank({**spec, "program": programs.get(str(spec["rank"]))}, logs, self.task["log_limit"])
            for spec in self.task["ranks"]
        ]
        self.by_pid: dict[int, Rank] = {}
        self.started: dict[str, Any] | None = None  # what the agent is told once every rank is up
        self.stopped = False
        self.first_failed: int | None = None
        self.kill_at = float("inf")  # monotonic; when patience ends
        self.ending = 0.0  # monotonic; since when everything is being killed
        self.sweep_at = 0.0
        self.childless = False
        self.oom_before = oom_kills()
        self.selector = selectors.DefaultSelector()
        self.uplink = Uplink(line) if line else None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def claim(self) -> bool:
        """Make this attempt ours, durably; False if it is somebody's already."""
        me = os.getpid()
        mine = durable.create_json(
            os.path.join(self.task_dir, "shim.json"),
            {
                "pid": me,
                "start_time": processes.start_time(me),
                "boot_id": processes.boot_id(),
                "pipes": [rank.inode for rank in self.ranks],
            },
        )
        if mine:
            self._listen()
            durable.reserve_json(os.path.join(self.task_dir, "exit.json"), 4096 + 512 * len(self.ranks))
        return mine

    def _listen(self) -> None:
        """Bind by a short name from inside the directory: a socket's path holds 107 bytes at most."""
        os.chdir(self.task_dir)
        mask = os.umask(0o077)
        self.listener.bind("shim.sock")
        os.umask(mask)
        os.chdir("/")
        self.listener.listen(8)
        self.listener.setblocking(False)

    def start(self) -> tuple[Rank, int] | None:
        """Fork every rank. Comes back with (rank, report) only in a rank that starts warm."""
        linux.adopt_orphans()
        self.cage.make()
        self._watch_signals()
        for rank in self.ranks:
            if report := rank.start(self.cage, warm=bool(rank.spec["program"])):
                return rank, report
            self.by_pid[rank.pid] = rank
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        if self.uplink:
            self.selector.register(self.uplink.line, selectors.EVENT_READ, self._obey)
        for rank in self.ranks:
            self.selector.register(rank.log.pipe, selectors.EVENT_READ, self._pump)
            if rank.trouble != -1:
                self.selector.register(rank.trouble, selectors.EVENT_READ, self._heard)
            elif rank.failed:
                self._failed(rank)
        return None

    def _watch_signals(self) -> None:
        self.wake, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self.selector.register(self.wake, selectors.EVENT_READ, self._woken)

    def run(self) -> None:
        """Until no process of the attempt is left: then write exit.json, tell the agent, and return."""
        self._reap()  # an end before the signals were watched
        while not self._over():
            self._tell()
            for key, _ in self.selector.select(self._patience()):
                key.data(key.fileobj)
            for rank in self.ranks:
                if rank.log.due is not None and time.monotonic() >= rank.log.due:
                    rank.log.index()
        self._finish()

    def _patience(self) -> float | None:
        """Seconds until something falls due."""
        due = [rank.log.due for rank in self.ranks if rank.log.due is not None]
        due.append(self.sweep_at if self.ending else self.kill_at)
        nearest = min(due)
        return None if nearest == float("inf") else max(0.0, nearest - time.monotonic())

    def _pump(self, pipe: int) -> None:
        log = next(rank.log for rank in self.ranks if rank.log.pipe == pipe)
        if log.pump() == 0:
            self.selector.unregister(pipe)
            log.index()

    def _heard(self, trouble: int) -> None:
        for rank in self.ranks:
            if rank.trouble == trouble:  # else its end came first, in the same breath
                self.selector.unregister(trouble)
                rank.hear()
        self._check_started()

    def _check_started(self) -> None:
        if all(rank.trouble == -1 and not rank.error for rank in self.ranks):
            notes = [note for note in (self.note, *(rank.note for rank in self.ranks)) if note]
            self.started = {
                "pids": {str(rank.rank): rank.pid for rank in self.ranks},
                "warm": not notes and all(rank.spec["program"] for rank in self.ranks),
                "note": notes[0] if notes else "",
            }

    def _woken(self, wake: int) -> None:
        if signal.SIGTERM in os.read(wake, 4096):
            self._stop(SIGTERM_GRACE)
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.childless = True
                return
            if pid == 0:
                return
            rank = self.by_pid.get(pid)
            if rank and rank.ended is None:
                self._ended(rank, status)

    def _ended(self, rank: Rank, status: int) -> None:
        if rank.trouble != -1:
            self.selector.unregister(rank.trouble)
        rank.end(status)
        self._check_started()
        if rank.was_killed() and not self.ending:
            inside = self.cage.oom_kills()
            rank.oom = inside > 0 if inside is not None else oom_kills() > self.oom_before
        if rank.failed:
            self._failed(rank)

    def _failed(self, rank: Rank) -> None:
        """One rank less is the end of all: a gang is whole or not at all."""
        if self.first_failed is None and not self.stopped and not self.ending:
            self.first_failed = rank.rank
            self._ask_to_end(self.task["kill_siblings_after"])

    def _stop(self, grace: float) -> None:
        self.stopped = True
        self._ask_to_end(grace)

    def _ask_to_end(self, grace: float) -> None:
        for rank in self.ranks:
            if rank.lives:
                processes.kill_group(rank.pid, signal.SIGTERM)
                processes.kill_group(rank.pid, signal.SIGCONT)  # a stopped process hears SIGTERM only then
        self.kill_at = min(self.kill_at, time.monotonic() + grace)

    def _accept(self, _: object) -> None:
        try:
            line, _address = self.listener.accept()
        except OSError:
            return  # it left before it was let in
        self._hang_up()
        self.uplink = Uplink(line)
        self.selector.register(line, selectors.EVENT_READ, self._obey)

    def _hang_up(self) -> None:
        if self.uplink:
            self.selector.unregister(self.uplink.line)
            self.uplink.line.close()
            self.uplink = None

    def _obey(self, _: object) -> None:
        uplink = self.uplink
        command = uplink.receive() if uplink else None
        if command and command.get("do") == "stop":
            self._stop(float(command.get("grace", 0.0)))
        elif command and command.get("do") == "kill":
            self._stop(0.0)

    def _tell(self) -> None:
        if not self.uplink:
            return
        self.uplink.tell(self.ranks, self.started)
        if self.uplink.closed:
            self._hang_up()
        else:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.uplink.blocked else 0)
            self.selector.modify(self.uplink.line, wanted, self._obey)

    def _over(self) -> bool:
        """Is nothing left? Until then, once the ranks are over or patience is, kill whatever there is, repeatedly."""
        now = time.monotonic()
        if not self.ending and (now >= self.kill_at or not any(rank.lives for rank in self.ranks)):
            self.ending, self.sweep_at = now, now
        if not self.ending:
            return False
        if self.childless and not self.cage.pids():
            return True
        if now >= self.sweep_at:
            self.cage.kill()
            processes.kill(processes.descendants(os.getpid()))
            self.sweep_at = now + SWEEP_PACE
            self._reap()
        return (self.childless and not self.cage.pids()) or now > self.ending + AFTER_SIGKILL

    def _finish(self) -> None:
        left = [] if self.childless else processes.descendants(os.getpid())  # a look at every process there is
        for rank in self.ranks:
            if rank.lives:
                rank.error = f"Rank {rank.rank} did not end within {AFTER_SIGKILL:.0f} s of SIGKILL."
                rank.ended = time.time()
            rank.log.drain()
            rank.log.close()
        result = {
            "ranks": [rank.document() for rank in self.ranks],
            "first_failed": self.first_failed,
            "stopped": self.stopped,
            "leftover": sorted({*left, *self.cage.pids()}),
            "lost": "",
        }
        self.cage.remove()
        try:
            durable.write_json(os.path.join(self.task_dir, "exit.json"), result)
        finally:
            if self.uplink:
                self.uplink.finish(self.ranks, self.started, result)
            self.listener.close()


def oom_kills() -> int:
    """How many processes the kernel has ended for want of memory since boot, on this machine as a whole."""
    with open("/proc/vmstat") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)


def main(task_dir: str, line: socket.socket | None, inherit: Inherit | None = None, note: str = "") -> None:
    """Own the attempt in `task_dir`. Returns when it is over, and at once where another shim has it."""
    attempt = Attempt(task_dir, line, inherit, note)
    if not attempt.claim():
        return
    if rank_and_report := attempt.start():
        assert inherit is not None
        inherit(*rank_and_report)
    attempt.run()
