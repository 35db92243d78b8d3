"""`tensorfleet doctor` names what is wrong, says what to do, and exits with 1 for what fails."""

from __future__ import annotations

import json
from pathlib import Path

from process.fleet import Fleet


def examined(fleet: Fleet, *arguments: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    done = fleet.run("doctor", "--json", *arguments)
    checks: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(done.stdout):
        checks.setdefault(finding["check"], []).append(finding)
    return done.returncode, checks


def levels(findings: list[dict[str, str]]) -> set[str]:
    return {finding["level"] for finding in findings}


def test_a_fleet_that_is_well_and_one_that_is_not(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "1", "--no-warm")
        agent = ("--agent-dir", str(tmp_path / "agent-a"))
        code, checks = examined(fleet, *agent)
        assert code == 0, checks
        assert checks.keys() >= {"store", "disk", "certificates", "head", "clock", "agents' port", "containment"}
        assert checks.keys() >= {"python", "gpus", "names", "data directory"}
        assert len(checks["certificates"]) == 4
        assert levels(checks["store"]) == levels(checks["head"]) == levels(checks["agents' port"]) == {"ok"}
        shown = fleet.run("doctor", *agent)
        assert shown.returncode == 0
        assert "answers; it is version" in shown.stdout

        fleet.end("head")
        with (fleet.data / "state.db").open("r+b") as file:
            file.seek(100)
            file.write(b"\xff" * 2000)
        code, checks = examined(fleet, *agent)
        assert code == 1
        assert levels(checks["store"]) == levels(checks["head"]) == levels(checks["agents' port"]) == {"fail"}
        assert "restore" in checks["store"][0]["hint"]
        assert checks["ports"]
        assert all(finding["hint"] for found in checks.values() for finding in found if finding["level"] != "ok")


def test_on_a_machine_with_nothing(tmp_path: Path, fleet: Fleet) -> None:
    env = {"TENSORFLEET_DATA_DIR": str(tmp_path / "none")}
    done = fleet.run("doctor", "--agent-dir", str(tmp_path / "no-agent"), env=env)
    assert done.returncode == 1
    assert "fail  head: No head is known" in done.stdout
