"""The real pynvml over a compiled libnvidia-ml.so.1, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import json, os, sys
from pathlib import Path
import msgspec
from tensorfleet.agent.probes.nvml import NvmlGpus

def closed():
    raise PermissionError("no kernel log here")

probe = NvmlGpus(kernel_log=closed)
seen = [probe.inventory(), probe.sample(), probe.sample()]
lost = Path(os.environ["STUB_NVML_LOST"])
lost.touch()
seen += [probe.sample(), probe.inventory(), [probe.note]]
lost.unlink()
seen += [probe.inventory()]
probe.close()
print(json.dumps([os.getpid(), msgspec.to_builtins(seen)]))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).with_name("stub_nvml.c")
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", target, source], check=True)
    return folder


@pytest.fixture(scope="module")
def seen(library: Path) -> tuple[int, list[Any]]:
    env = os.environ | {"LD_LIBRARY_PATH": str(library), "STUB_NVML_LOST": str(library / "lost")}
    ran = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    pid, answers = json.loads(ran.stdout)
    return pid, answers


def test_the_card_is_described(seen: tuple[int, list[Any]]) -> None:
    (card,) = seen[1][0]
    assert card["uuid"] == "GPU-5e0fa11e-0000-4000-8000-00000000beef"
    assert (card["model"], card["memory"], card["pci"]) == ("NVIDIA Stub 24GB", 24 * 2**30, "00000000:AF:00.0")
    assert (card["mig"], card["retired"], card["repair_pending"]) == (None, None, None)


def test_the_card_is_measured_and_what_an_old_driver_lacks_is_none(seen: tuple[int, list[Any]]) -> None:
    pid, answers = seen
    (gpu,) = answers[1]
    assert (gpu["memory_used"], gpu["utilisation"], gpu["temperature_c"]) == (5 * 2**30, 88, 71)
    assert (gpu["power_w"], gpu["power_limit_w"], gpu["energy_mj"]) == (301.5, 350.0, 98_765_432_101)
    assert (gpu["sm_clock_mhz"], gpu["memory_clock_mhz"]) == (1410, 9501)
    assert (gpu["ecc_corrected"], gpu["ecc_uncorrected"], gpu["mig"]) == (None, None, None)
    (process,) = gpu["processes"]
    assert (process["pid"], process["memory"]) == (pid, 4 * 2**30)
    assert process["command"].startswith("python")


def test_an_xid_is_told_once(seen: tuple[int, list[Any]]) -> None:
    assert seen[1][1][0]["xids"] == [{"code": 48, "message": ""}]
    assert seen[1][2][0]["xids"] == []


def test_a_card_off_the_bus_leaves_and_comes_back(seen: tuple[int, list[Any]]) -> None:
    _, _, _, (lost,), gone, note, back = seen[1]
    assert lost["lost"]
    assert gone == []
    assert note == ["The NVIDIA driver lists no GPU that answers."]
    assert len(back) == 1
