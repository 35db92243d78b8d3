"""Xids in the kernel's log, whatever else stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorfleet.agent.probes.xid import KernelLog, parse, short_pci
from tensorfleet.wire.telemetry import Xid


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("6,1,2,-;NVRM: Xid (PCI:0000:3b:00): 31, pid=71", ("0000:3b:00", Xid(code=31, message="pid=71"))),
        ("NVRM: Xid (PCI:0000:AF:00): 48, An ECC error", ("0000:af:00", Xid(code=48, message="An ECC error"))),
        ("NVRM: Xid (PCI:0001:01:00): 119", ("0001:01:00", Xid(code=119))),
        ("NVRM: loading NVIDIA UNIX x86_64 Kernel Module", None),
        ("Xid (PCI:0000:3b:00): 31", None),
        ("", None),
    ],
)
def test_a_line_is_an_xid_or_it_is_not(line: str, expected: tuple[str, Xid] | None) -> None:
    assert parse(line) == expected


def test_kernel_and_nvml_write_the_same_bus_id_differently() -> None:
    assert short_pci("00000000:3B:00.0") == short_pci("0000:3b:00") == "0000:3b:00"


def test_only_what_comes_after_opening_counts_and_torn_lines_are_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "kmsg"
    path.write_text("NVRM: Xid (PCI:0000:3b:00): 13, before\n")
    log = KernelLog(path)
    assert log.take() == []
    with path.open("a") as kernel:
        kernel.write("noise\nNVRM: Xid (PCI:0000:3b:00): 79, gone\nNVRM: Xid (PCI:00")
        kernel.flush()
        assert log.take() == [("0000:3b:00", Xid(code=79, message="gone"))]
        kernel.write("00:3c:00): 31\n")
    assert log.take() == [("0000:3c:00", Xid(code=31))]
    log.close()
    log.close()


def test_a_closed_kernel_log_says_so_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        KernelLog(tmp_path / "none")
