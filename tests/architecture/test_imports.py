"""Who may import whom, and who owns which library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from architecture.tree import ROOT, imports, product, room

PURE = ("tensorfleet/core/", "tensorfleet/wire/messages.py", "tensorfleet/agent/decide.py")
IMPURE = {"asyncio", "socket", "time", "random", "uuid", "os", "logging", "secrets", "threading", "subprocess"}

OWNERS = {
    "grpc": (
        "tensorfleet/head/rpc/",
        "tensorfleet/agent/link.py",
        "tensorfleet/agent/joining/",
        "tensorfleet/agent/app.py",
    ),
    "zeroconf": ("tensorfleet/head/advertise.py", "tensorfleet/agent/joining/discover.py"),
    "sortedcontainers": ("tensorfleet/core/scheduling",),
    "tinydb": ("tensorfleet/store/",),
    "pynvml": ("tensorfleet/agent/probes/",),
    "psutil": ("tensorfleet/agent/probes/",),
    "aiohttp": ("tensorfleet/head/http/",),
    "click": ("tensorfleet/cli/",),
    "urllib3": ("tensorfleet/client/",),
    "OpenSSL": ("tensorfleet/agent/", "tensorfleet/client/login.py"),
    "plotille": ("tensorfleet/cli/curves.py",),
    "pathspec": ("tensorfleet/client/ignore.py",),
    "torch": (
        "tensorfleet/train/",
        "tensorfleet/recipes/",
        "tensorfleet/agent/ranks/preload.py",
        "tensorfleet/agent/ranks/reseed.py",
    ),
}


def test_layers_hold() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_pure_rooms_import_nothing_impure() -> None:
    broken = {
        room(path): sorted(imports(path) & IMPURE)
        for path in product()
        if room(path).startswith(PURE) and imports(path) & IMPURE
    }
    assert not broken


def test_every_library_has_one_owner() -> None:
    strangers = [
        f"{room(path)} imports {library}"
        for path in product()
        for library, owners in OWNERS.items()
        if library in imports(path) and not room(path).startswith(owners)
    ]
    assert not strangers


def test_agent_is_only_tensorfleet_agent() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import agent"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode != 0
    assert "tensorfleet.agent" in found.stderr
