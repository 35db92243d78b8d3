"""The few calls of Linux that Python does not offer, and what a fresh process has to put right about itself.

Loaded by the shim too: standard library only, Python 3.9, no import of the package. See prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

MADV_COLLAPSE = 25
HUGE = 1 << 21
SYS_CLONE3 = 435  # the same on every architecture
CLONE_INTO_CGROUP = 1 << 33

_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL keeps the interpreter's lock: a fork must not come back without it


class _CloneArgs(ctypes.Structure):
    """See clone(2)."""

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "flags",
            "pidfd",
            "child_tid",
            "parent_tid",
            "exit_signal",
            "stack",
            "stack_size",
            "tls",
            "set_tid",
            "set_tid_size",
            "cgroup",
        )
    ]


def _prctl(option: int, value: int | bytes) -> None:
    argument = value if isinstance(value, bytes) else ctypes.c_ulong(value)
    if _libc.prctl(option, argument, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def adopt_orphans() -> None:
    """From now on a descendant whose parent ends becomes this process's child, and not init's."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Be killed when the thread that forked this process ends; end now if `parent` is already gone."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def fork_into(cgroup: int) -> int:
    """Fork with the child in the cgroup v2 open as `cgroup` from its first instant; for a child that will exec.

    Joining afterwards costs 10 to 15 ms, a grace period of the kernel's; this costs nothing. No at-fork handler runs
    and the C library does not learn of the new thread id, so the child may do no more than prepare its exec. Raises
    OSError where the kernel (before 5.7) or a sandbox refuses.
    """
    arguments = _CloneArgs(flags=CLONE_INTO_CGROUP, exit_signal=signal.SIGCHLD, cgroup=cgroup)
    pid = _libc.syscall(SYS_CLONE3, ctypes.byref(arguments), ctypes.sizeof(arguments))
    if pid < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(pid)


def gather_memory() -> None:
    """Put this process's private memory into huge pages (Linux 6.1), as far as it goes.

    A fork copies a page table entry for every page in use: with torch loaded 10 ms in small pages, 1.5 in huge ones.
    """
    with open("/proc/self/maps") as maps:
        lines = [line.split(None, 5) for line in maps]
    for span, access, *_, name in ([*line, ""][:6] for line in lines):
        if access == "rw-p" and (not name or name.startswith(("[heap]", "[anon"))):
            first, last = (int(address, 16) for address in span.split("-"))
            begin, end = -(-first // HUGE) * HUGE, last // HUGE * HUGE
            if begin < end:
                _libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), MADV_COLLAPSE)


def name_process(name: str) -> None:
    """What `ps -o comm` shows; 15 bytes are kept."""
    _prctl(PR_SET_NAME, name.encode())


def reset_signals() -> None:
    """Every signal back to its default action and unblocked, whatever was ignored or handled here or above."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                pass  # SIGKILL, SIGSTOP and those the C library keeps to itself
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def take_streams(stdin: int, stdout: int, stderr: int) -> None:
    """Make these descriptors the standard streams."""
    for target, source in enumerate((stdin, stdout, stderr)):
        os.dup2(source, target)
