"""A rank forked from a warm worker cannot be told from one that python started: same output, same end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from warmth import Warm, plainly, warm_agent

SCRIPTS = {
    "surroundings": """
import os, signal, sys, json
print(__name__, __file__, __spec__, __package__, __doc__, type(__loader__).__name__, __cached__)
print(sys.argv, sys.orig_argv, sys.path, sys.executable, sys.prefix)
print({k: v for k, v in os.environ.items() if not k.startswith("TENSORFLEET_")}, os.getcwd())
print([str(signal.getsignal(n)) for n in sorted(signal.valid_signals())], signal.pthread_sigmask(0, []))
print(sorted(os.listdir("/proc/self/fd"))[:3], len(os.listdir("/proc/self/fd")))
print(os.getpgrp() == os.getpid() == os.getsid(0), os.nice(0))
for s in (sys.stdin, sys.stdout, sys.stderr):
    print(s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.write_through, type(s.buffer).__name__)
import __main__
print(__main__.__dict__ is globals(), sorted(globals()))
""",
    "traceback": """
def inner(x):
    return 1 / x
def outer():
    try:
        inner(0)
    except ZeroDivisionError as error:
        raise ValueError("chained") from error
outer()
""",
    "syntax": "print('never')\nif True\n    pass\n",
    "no newline at end": "print(1)",
    "exit 3": "import sys; sys.exit(3)",
    "exit 300": "import sys; sys.exit(300)",
    "exit none": "raise SystemExit",
    "exit message": "import sys; sys.exit('a reason')",
    "exit true": "raise SystemExit(True)",
    "interrupted": "raise KeyboardInterrupt",
    "base exception": "class Odd(BaseException): pass\nraise Odd('x')",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGUSR1)",
    "aborted": "import os; os.abort()",
    "own hook": "import sys\nsys.excepthook = lambda *a: print('mine', a[0], a[2] is not None)\n1/0",
    "bad hook": "import sys\nsys.excepthook = None\n1/0",
    "atexit": "import atexit; atexit.register(print, 'a'); atexit.register(print, 'b'); print('c')",
    "atexit after error": "import atexit; atexit.register(print, 'a'); 1/0",
    "thread": """
import threading, time
threading.Thread(target=lambda: (time.sleep(0.1), print("thread"))).start()
print("main")
""",
    "daemon thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "finaliser": "class A:\n    def __del__(self): print('gone')\na = A()\nprint('end')",
    "input": "input()",
    "warning": "import warnings; warnings.warn('careful')",
    "logging": """
import logging
logging.basicConfig(level=20)
logging.info("hello")
logging.getLogger("x").error("e")
""",
    "encoding cookie": "# -*- coding: latin-1 -*-\nprint('\\u00e9')",
    "unicode": "print('grün', chr(0x1F600))\nimport sys; sys.stderr.write('\\udcff\\n')",
    "recursion": "def f(): f()\ntry:\n    f()\nexcept RecursionError as e: print('deep', e)",
    "main is importable": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "stdout closed": "import os; print('x'); os.close(1)",
}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with warm_agent(tmp_path_factory.mktemp("warm")) as agent:
        yield agent


@pytest.mark.parametrize("buffered", [False, True], ids=["unbuffered", "buffered"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_behaves_as_under_python(warm: Warm, tmp_path: Path, name: str, buffered: bool) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/train.py").write_text(SCRIPTS[name])
    env = {"PYTHONUNBUFFERED": "" if buffered else "1"}
    argv = ("sub/train.py", "--lr", "0.1", "")
    output, code, started = warm.python(tmp_path, *argv, env=env)
    assert (started.warm, started.note) == (True, "")
    assert (output, code) == plainly(tmp_path, *argv, env=env)


@pytest.mark.parametrize(
    "argv",
    [
        ("-c", "import sys; print(sys.argv, sys.path[0], __name__)", "a", "-b"),
        ("-c", "def f():\n    return 1/0\nf()"),
        ("-c", "syntax error"),
        ("-u", "-c", "import sys; print(sys.argv, sys.stdout.write_through, sys.orig_argv)"),
        ("-m", "tool", "x"),
        ("-m", "tool.broken"),
        ("-m", "nowhere"),
        ("-m", "json.tool", "sub.json"),
        ("./tool/../alone.py",),
        ("linked.py",),
    ],
)
@pytest.mark.parametrize("locale", ["", "C.UTF-8"])
def test_a_command_line_is_read_as_python_reads_it(
    warm: Warm, tmp_path: Path, argv: tuple[str, ...], locale: str
) -> None:
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool/__init__.py").write_text("print('package')")
    (tmp_path / "tool/__main__.py").write_text("import sys; print(sys.argv, sys.path[0], __name__, __spec__.name)")
    (tmp_path / "tool/broken.py").write_text("raise OSError(5)")
    (tmp_path / "sub.json").write_text("[1]")
    (tmp_path / "alone.py").write_text("import sys; print(__file__, sys.argv, sys.path[0])")
    (tmp_path / "away").mkdir()
    (tmp_path / "away/real.py").write_text("import sys, near; print(__file__, sys.argv, sys.path[0])")
    (tmp_path / "away/near.py").write_text("")
    (tmp_path / "linked.py").symlink_to("away/real.py")
    env = {"LANG": locale}
    output, code, started = warm.python(tmp_path, *argv, env=env)
    assert started.warm
    assert (output, code) == plainly(tmp_path, *argv, env=env)


def test_what_was_written_but_not_closed_is_on_disk(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "import threading, time\n"
        "f = open('one', 'w'); f.write('text')\n"
        "class Holder: pass\n"
        "Holder.g = open('two', 'wb'); Holder.g.write(b'bytes')\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    assert warm.python(tmp_path, "train.py")[1] == 0
    assert (tmp_path / "one").read_text() == "text"
    assert (tmp_path / "two").read_text() == "bytes"


def test_python_path_comes_before_the_installed_packages(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk/helper_of_mine.py").write_text("print('found')")
    (tmp_path / "train.py").write_text("import helper_of_mine, sys; print(sys.path)")
    env = {"PYTHONPATH": f"{tmp_path}/sdk:"}
    output, code, started = warm.python(tmp_path, "train.py", env=env)
    assert started.warm
    assert (output, code) == plainly(tmp_path, "train.py", env=env)


def test_a_main_file_beside_the_script_hides_nothing(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("print('not me')")
    (tmp_path / "train.py").write_text("import __main__; print(__main__.__file__)")
    output, code, started = warm.python(tmp_path, "train.py")
    assert started.warm, started.note
    assert (output, code) == plainly(tmp_path, "train.py")


@pytest.mark.parametrize("place", [".", "path"])
@pytest.mark.parametrize("name", ["random.py", "torch/__init__.py", "sitecustomize.py"])
def test_a_file_that_would_hide_a_loaded_module_makes_it_a_plain_start(
    warm: Warm, tmp_path: Path, place: str, name: str
) -> None:
    target = tmp_path / place / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("print('the hider', __name__)")
    module = name.partition(".")[0].partition("/")[0]
    (tmp_path / "train.py").write_text(f"import {module}; print({module}.__file__)")
    env = {"PYTHONPATH": str(tmp_path / "path")}
    output, code, started = warm.python(tmp_path, "train.py", env=env)
    assert not started.warm
    assert "hides a module" in started.note
    assert (output, code) == plainly(tmp_path, "train.py", env=env)
