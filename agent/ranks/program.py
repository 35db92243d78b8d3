# Paths are strings in the shim: pathlib would make each of its forks larger.
# ruff: noqa: PTH100, PTH109, PTH110, PTH115, PTH118, PTH119, PTH120, PTH208
"""Turn a fork of a warm shim into `python train.py`: what is re-set, run and wound up, as python itself does it.

Loaded by `cradle.py warm` under a job's interpreter: standard library and, where loaded, numpy and torch; Python 3.9;
no import of the tensorfleet package. Wherever a warm start could differ from a plain one (a file of the user's that
would hide a loaded module), the fork executes the interpreter after all: the same process, only slower.
docs/warm-workers.md tells users what this file promises.
"""

from __future__ import annotations

import gc
import importlib
import io
import locale
import os
import random
import runpy
import signal
import sys
import threading
import traceback
import types
from importlib.machinery import SourceFileLoader
from typing import Any, NoReturn

from . import linux, reseed
from .rank import Rank, tell

_PRELOADED = frozenset(sys.modules)
_BASE_PATH = tuple(sys.path)


def _open_files() -> dict[int, str]:
    """The files this process holds by name, sockets and pipes left out."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the listing's own descriptor
        if target.startswith("/") and not target.startswith("/proc/"):
            found[int(name)] = target
    return found


_KEEP = _open_files()  # opened by imports: theirs to keep


def inherit(rank: Rank, report: int) -> NoReturn:
    """Run the rank's program in this process, and end it. `report` hears of a change of mind, and closes."""
    program, env = rank.spec["program"], rank.spec["env"]
    try:
        first = _first_path(program)
        obstacle = _obstacle(program, first, env)
        if not obstacle:
            _restore(program, env, first)
    except Exception as failure:
        obstacle = f"the warm start failed: {type(failure).__name__}: {failure}"
    if obstacle:
        tell(report, note=obstacle)
        rank.execute(report)
    code = 1
    try:
        _close_others()
        code = _run(program)
        code = _wind_up(code)
    finally:  # whatever happens: the shim's frames lie below these
        os._exit(code)


def _first_path(program: dict[str, Any]) -> str:
    if program["kind"] == "script":
        return os.path.dirname(os.path.realpath(str(program["target"])))
    return os.getcwd() if program["kind"] == "module" else ""


def _obstacle(program: dict[str, Any], first: str, env: dict[str, str]) -> str:
    """Why python itself has to be started, or nothing."""
    if program["kind"] == "script" and not os.access(program["target"], os.R_OK):
        return f"{program['target']} cannot be read"
    for folder in [first or ".", *_python_path(env)]:
        if hidden := _hides(folder):
            return f"{hidden} hides a module that the warm worker has loaded"
    return ""


def _hides(folder: str) -> str:
    """A file or package in `folder` with the name of a loaded top-level module that came from elsewhere."""
    try:
        names = os.listdir(folder)
    except OSError:
        return ""
    for name in names:
        stem, dot, _ = name.partition(".")
        path = f"{folder}/{name}"
        if stem == "__main__":
            continue  # nobody finds that one by its file
        if stem not in _PRELOADED and stem not in ("sitecustomize", "usercustomize"):
            continue
        if not (dot and name.endswith((".py", ".so", ".pyc"))) and not os.path.exists(f"{path}/__init__.py"):
            continue
        loaded = getattr(sys.modules.get(stem), "__file__", None)
        if not loaded or not os.path.realpath(loaded).startswith(os.path.realpath(folder) + os.sep):
            return path
    return ""


def _python_path(env: dict[str, str]) -> list[str]:
    value = env.get("PYTHONPATH", "")
    return [os.path.abspath(entry) for entry in value.split(os.pathsep)] if value else []


def _close_others() -> None:
    files = _open_files()
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and not (number in _KEEP and files.get(number) == _KEEP[number]):
            try:
                os.close(number)
            except OSError:
                pass  # the listing's own descriptor


def _restore(program: dict[str, Any], env: dict[str, str], first: str) -> None:
    """Make this process what a fresh interpreter would be with this command line and environment."""
    linux.name_process(os.path.basename(program["executable"]))
    os.environ.clear()
    os.environ.update(env)
    sys.executable = program["executable"]
    sys.orig_argv = list(program["argv"])
    target = {"script": program["target"], "module": "-m", "code": "-c"}[program["kind"]]
    sys.argv = [target, *program["args"]]
    sys.path[:] = [first, *dict.fromkeys([*_python_path(env), *_BASE_PATH])]
    sys.dont_write_bytecode = bool(env.get("PYTHONDONTWRITEBYTECODE"))
    reseed.reseed(env)
    _open_streams(unbuffered=program["unbuffered"] or bool(env.get("PYTHONUNBUFFERED")))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    if env.get("PYTHONFAULTHANDLER"):
        importlib.import_module("faulthandler").enable()
    random.seed()


def _open_streams(unbuffered: bool) -> None:
    """As `create_stdio` of CPython's pylifecycle.c: output to a pipe is held in blocks unless unbuffered."""
    lenient = locale.setlocale(locale.LC_CTYPE) in ("C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8")
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        mode = "r" if descriptor == 0 else "w"
        raw = io.FileIO(descriptor, mode, closefd=False)
        raw.name = f"<{name}>"
        binary: Any = raw
        if descriptor == 0:
            binary = io.BufferedReader(raw)
        elif not unbuffered:
            binary = io.BufferedWriter(raw)
        stream = io.TextIOWrapper(
            binary,
            encoding="utf-8",
            errors="backslashreplace" if descriptor == 2 else "surrogateescape" if lenient else "strict",
            newline="\n" if descriptor else None,
            line_buffering=descriptor == 2 and not unbuffered,
            write_through=unbuffered,
        )
        stream.mode = mode  # type: ignore[misc]  # CPython sets it as well
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _run(program: dict[str, Any]) -> int:
    """Run it as `__main__`; the exit code python would give. A traceback is python's own, without our frames."""
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    sys.modules["__main__"] = main
    try:
        if program["kind"] == "module":
            runpy._run_module_as_main(program["target"])  # type: ignore[attr-defined]  # what `python -m` calls
        elif program["kind"] == "code":
            exec(compile(program["target"], "<string>", "exec", dont_inherit=True), main.__dict__)
        else:
            path = os.path.join(os.getcwd(), program["target"])
            loader = SourceFileLoader("__main__", path)
            main.__dict__.update(__file__=path, __cached__=None, __loader__=loader)
            with io.open_code(path) as file:
                source = file.read()
            exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)
    except SystemExit as leaving:
        return _exit_code(leaving.code)
    except BaseException as failure:
        error = failure
    else:
        return 0
    _show(error)  # outside the except clause: what a hook raises must not appear as raised while handling this
    return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _show(error: BaseException) -> None:
    _strip(error)
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    try:
        sys.excepthook(type(error), error, error.__traceback__)
        return
    except BaseException as failure:
        broken = failure
    _strip(broken)
    sys.stderr.write("Error in sys.excepthook:\n")
    sys.__excepthook__(type(broken), broken, broken.__traceback__)
    sys.stderr.write("\nOriginal exception was:\n")
    sys.__excepthook__(type(error), error, error.__traceback__)


def _strip(error: BaseException) -> None:
    """Take our own frames off the outer end of its traceback."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    error.__traceback__ = trace


def _wind_up(code: int) -> int:
    """What happens between the end of `__main__` and the end of the process; code 120 if output cannot be written.

    C++ destructors are left out on purpose: with torch they take long and are a known source of crashes at exit.
    """
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are not daemons, as python does
    except BaseException:
        traceback.print_exc()
    try:
        importlib.import_module("atexit")._run_exitfuncs()
    except BaseException:
        pass  # it has printed what went wrong
    if threading.active_count() == 1:
        _release()
    for thing in gc.get_objects():
        if issubclass(type(thing), io.IOBase):  # not isinstance: that would ask proxies for their class
            try:
                if not thing.closed:
                    thing.flush()
            except (OSError, ValueError):
                pass
    for stream in (sys.stdout, sys.stderr):
        try:
            if not stream.closed:
                stream.flush()
        except Exception as failure:
            code = code or 120
            if stream is sys.stdout:
                sys.stderr.write(f"Exception ignored in: {stream!r}\n{type(failure).__name__}: {failure}\n")
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return code


def _release() -> None:
    """Let go of what the program holds, so that its objects are finalised and its open files written."""
    sys.last_value = sys.last_traceback = None  # they hold frames
    main = sys.modules["__main__"].__dict__
    for name in [name for name in sys.modules if name not in _PRELOADED]:
        del sys.modules[name]
    main.clear()
    gc.collect()
