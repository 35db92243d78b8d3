"""Somebody at the terminal of a machine that asks to join: an answer, or Ctrl-C."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from process.asking import asking
from process.fleet import Fleet, wait_for


def test_it_ends_when_it_is_told_to_though_nobody_answered(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with Fleet(tmp_path / "lab") as fleet:
        for number in (signal.SIGINT, signal.SIGTERM):
            with asking(fleet, tmp_path, "rack") as machine:
                machine.process.send_signal(number)
                assert machine.process.wait(5) == 0


def test_a_yes_on_both_sides_lets_it_in(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with Fleet(tmp_path / "lab") as fleet, asking(fleet, tmp_path, "rack") as machine:
        os.write(machine.terminal, b"yes\n")
        wait_for(lambda: fleet.state_of("rack") == "pending", "the head knows that it asks")
        fleet.client.approve("rack", machine.words)
        wait_for(lambda: fleet.state_of("rack") == "online", "it is in")
